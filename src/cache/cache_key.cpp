#include "vcache/cache/cache_key.h"

namespace vcache::cache {

std::string_view KindName(ContentKind kind) noexcept {
  return kind == ContentKind::kAnalysis ? "analysis" : "text";
}

std::string CacheKey::ToString() const {
  return std::string(KindName(kind)) + ":" + digest.ToHex();
}

}  // namespace vcache::cache

std::size_t std::hash<vcache::cache::CacheKey>::operator()(
    const vcache::cache::CacheKey& key) const noexcept {
  const std::size_t digest = std::hash<vcache::content::ContentDigest>()(key.digest);
  return key.kind == vcache::cache::ContentKind::kAnalysis ? digest : ~digest;
}
