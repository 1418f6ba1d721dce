#include "api/admin/import_lines.h"

#include <memory>
#include <optional>
#include <utility>

#include "api/intake/strict_input.h"
#include "json/json.h"

namespace vcache::api {
namespace {

using std::chrono::milliseconds;

constexpr JsonLimits kLineLimits{.max_bytes = kLongestImportLine,
                                 .max_depth = 42,
                                 .max_values = 300'000,
                                 .refuse_duplicate_keys = true};

Error Refused(std::string why) {
  return {ErrorCode::kBadRequest, std::move(why)};
}

/// The key as the line has it.
Result<cache::CacheKey> KeyOfLine(const Json& line) {
  const auto name = AsString(Find(line, "key"));
  const auto key = name ? cache::KeySpace().StoredKeyOf(*name) : std::nullopt;
  if (!key) return Refused("The key must be analysis: or text: and 64 lower-case hex digits.");
  const Json* kind = Find(line, "kind");
  if (kind != nullptr && AsString(kind) != cache::KindName(key->kind)) {
    return Refused("The kind is not that of the key.");
  }
  return *key;
}

Result<milliseconds> LifeOfLine(const Json& line, cache::ContentKind kind,
                                const ApiOptions& options) {
  const bool is_text = kind == cache::ContentKind::kText;
  const milliseconds longest = is_text ? options.ttl_text : options.ttl_analysis;
  const Json* life = Find(line, "ttlMs");
  if (life != nullptr && life->is_null()) return longest;
  const auto count = AsInteger(life);
  if (!count || *count < 1) {
    return Refused("The ttlMs must be a whole number of milliseconds above 0, or null.");
  }
  if (*count > longest.count()) {
    return Refused(std::string("The ttlMs is longer than ") +
                   (is_text ? "CACHE_TTL_TEXT" : "CACHE_TTL_ANALYSIS") + " allows (" +
                   std::to_string(longest.count()) + ").");
  }
  return milliseconds(*count);
}

/// The key in this service's store.
Result<cache::CacheKey> StoredKey(const Json& line, const cache::CacheKey& key,
                                  const cache::KeySpace& keys) {
  const Json* keyed = Find(line, "keyed");
  if (keyed != nullptr && !AsBool(keyed)) return Refused("The member keyed must be true or false.");
  const bool is_keyed = keyed != nullptr && *AsBool(keyed);
  if (is_keyed && !keys.keyed()) {
    return Refused("The key was made with a KEY_SECRET, and this service has none.");
  }
  if (is_keyed || !keys.keyed()) return key;
  return cache::CacheKey{key.kind, keys.StoredDigest(key), key.variant};
}

Result<cache::EntryWrite> ReadEntryLine(const Json& line, const ApiOptions& options) {
  if (auto unknown = RefuseUnknownMembers(line, {"key", "kind", "ttlMs", "keyed", "value"})) {
    return *std::move(unknown);
  }
  const auto key = KeyOfLine(line);
  if (!key) return key.error();
  const auto life = LifeOfLine(line, key->kind, options);
  if (!life) return life.error();
  const auto stored = StoredKey(line, *key, options.keys);
  if (!stored) return stored.error();
  const Json* value = Find(line, "value");
  if (value == nullptr || !value->is_object()) return Refused("The value must be an object.");
  cache::EntryWrite write;
  write.json = DumpJson(*value);
  auto entry = cache::DecodeEntry(write.json, *key, options.demo, key->digest);
  if (!entry) return Refused(entry.error().message);
  if (entry->newer) return Refused("The value was written by a newer version of the service.");
  if (entry->verdict.partial && *life > options.ttl_partial) {
    return Refused("The verdict is partial, and its ttlMs is longer than PARTIAL_TTL allows.");
  }
  entry->key = *stored;
  write.key = *stored;
  write.entry = std::make_shared<const cache::Entry>(*std::move(entry));
  write.ttl = *life;
  return write;
}

}  // namespace

Result<std::variant<cache::EntryWrite, ExportEnd>> ReadImportLine(std::string_view line,
                                                                  const ApiOptions& options) {
  using Read = std::variant<cache::EntryWrite, ExportEnd>;
  const auto json = ParseJson(line, kLineLimits);
  if (!json) return json.error();
  if (!json->is_object()) return Refused("The line is no JSON object.");
  if (const Json* end = Find(*json, "end")) return Read(ExportEnd{AsBool(end).value_or(false)});
  auto write = ReadEntryLine(*json, options);
  if (!write) return std::move(write).error();
  return Read(*std::move(write));
}

}  // namespace vcache::api
