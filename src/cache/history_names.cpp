#include "cache/history_names.h"

#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::cache {

std::string HistoryName(const KeySpace& keys, const std::string& family, const std::string& owner) {
  const CacheKey key{ContentKind::kText, content::DigestOf(AsBytes(owner))};
  return keys.prefix() + family + ":" + keys.StoredDigest(key).ToHex();
}

}  // namespace vcache::cache
