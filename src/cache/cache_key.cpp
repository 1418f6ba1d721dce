#include "vcache/cache/cache_key.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::cache {

std::string_view KindName(ContentKind kind) noexcept {
  return kind == ContentKind::kAnalysis ? "analysis" : "text";
}

std::string CacheKey::ToString() const {
  std::string name = std::string(KindName(kind)) + ":" + digest.ToHex();
  if (variant == 0) return name;
  std::array<char, 18> suffix{};  // a colon, 16 digits, the end of the string
  std::snprintf(suffix.data(), suffix.size(), ":%016" PRIx64, variant);
  return name + suffix.data();
}

std::uint64_t VariantOf(std::string_view description) {
  const content::ContentDigest digest = content::DigestOf(AsBytes(description));
  std::uint64_t variant = 0;
  for (std::size_t i = 0; i < sizeof variant; ++i) {
    variant = (variant << 8U) | std::to_integer<std::uint64_t>(digest.bytes().at(i));
  }
  return std::max<std::uint64_t>(variant, 1);
}

}  // namespace vcache::cache

std::size_t std::hash<vcache::cache::CacheKey>::operator()(
    const vcache::cache::CacheKey& key) const noexcept {
  const std::size_t digest = std::hash<vcache::content::ContentDigest>()(key.digest);
  const std::size_t one = digest ^ key.variant;
  return key.kind == vcache::cache::ContentKind::kAnalysis ? one : ~one;
}
