#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "vcache/content/content_digest.h"

namespace vcache::cache {

/// The families of keys: `analysis:` for the bytes of files, `text:` for canonical texts.
enum class ContentKind { kAnalysis, kText };

std::string_view KindName(ContentKind kind) noexcept;  ///< `analysis` or `text`

/// Identifies a content. A key to store under is made only from bytes that the service received
/// (rule S3). `KeySpace` gives its name in a store, with prefix and keyed digest.
struct CacheKey {
  ContentKind kind = ContentKind::kAnalysis;
  content::ContentDigest digest;
  /// Tells verdicts of one content apart that cannot stand for each other; 0: the usual one.
  std::uint64_t variant = 0;

  /// `analysis:<64 hex>`, followed by `:<16 hex>` for a variant.
  std::string ToString() const;
  /// The usual one: its name stands in answers.
  CacheKey Usual() const { return {kind, digest}; }

  friend auto operator<=>(const CacheKey&, const CacheKey&) = default;
};

/// The variant of verdicts that these words describe; never 0.
std::uint64_t VariantOf(std::string_view description);

}  // namespace vcache::cache

template <>
struct std::hash<vcache::cache::CacheKey> {
  std::size_t operator()(const vcache::cache::CacheKey& key) const noexcept;
};
