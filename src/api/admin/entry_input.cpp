#include "api/admin/entry_input.h"

#include <optional>

#include "vcache/core/hex.h"

namespace vcache::api {
namespace {

constexpr std::size_t kHashDigits = 2 * content::kDigestSize;

bool AreHashDigits(std::string_view text) {
  return !text.empty() && text.size() <= kHashDigits && AreLowerHex(text);
}

}  // namespace

Result<cache::EntryStore*> EntriesOf(const ApiParts& parts) {
  if (parts.backing.entries != nullptr) return parts.backing.entries;
  return Error{ErrorCode::kNotFound,
               "There is no store whose entries could be shown: set CACHE_DIR or REDIS_URL."};
}

Result<cache::KeyPattern> MatchParameter(const http::RequestInfo& request,
                                         const cache::KeySpace& keys) {
  const auto text = http::FormValue(request.query, "match");
  if (!text) return text.error();
  if (!*text) return cache::KeyPattern::All();
  std::string pattern = **text;
  if (AreHashDigits(pattern)) {
    const bool is_whole = pattern.size() == kHashDigits;
    pattern.insert(0, "*:").append(is_whole ? "" : "*");
  }
  const auto parsed = cache::KeyPattern::Parse(pattern);
  return parsed ? keys.StoredPattern(*parsed) : parsed;
}

Result<std::vector<cache::CacheKey>> KeysMeant(std::string_view tail, const cache::KeySpace& keys) {
  const std::string name = PercentDecode(tail, false).value_or(std::string(tail));
  const bool is_hash = name.size() == kHashDigits && AreHashDigits(name);
  std::vector<cache::CacheKey> named;
  for (const cache::ContentKind kind : {cache::ContentKind::kAnalysis, cache::ContentKind::kText}) {
    const std::string family = std::string(cache::KindName(kind)) + ":";
    if (!is_hash && !name.starts_with(family)) continue;
    const auto key = cache::KeySpace().StoredKeyOf(is_hash ? family + name : name);
    if (key) named.push_back(*key);
  }
  if (named.empty()) {
    return Error{ErrorCode::kBadRequest,
                 "The path must end in the key of an entry: analysis:<64 lower-case hex digits>, "
                 "text:<64 hex digits>, or the digits alone. Nothing was done."};
  }
  if (!keys.keyed()) return named;
  const std::vector<cache::CacheKey> by_content = named;
  for (const cache::CacheKey& key : by_content) {
    named.push_back({key.kind, keys.StoredDigest(key), key.variant});
  }
  return named;
}

}  // namespace vcache::api
