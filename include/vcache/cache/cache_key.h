#pragma once

#include <compare>
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

  /// `analysis:<64 hex>`: the name in answers and logs.
  std::string ToString() const;

  friend auto operator<=>(const CacheKey&, const CacheKey&) = default;
};

}  // namespace vcache::cache

template <>
struct std::hash<vcache::cache::CacheKey> {
  std::size_t operator()(const vcache::cache::CacheKey& key) const noexcept;
};
