#include "vcache/cache/entry.h"

#include <algorithm>

#include "cache/compression.h"
#include "json/verdict_json.h"
#include "vcache/core/ascii.h"
#include "vcache/core/time_text.h"

// docs/cache-format.md specifies these bytes; the golden test in tests/unit/cache pins them.
namespace vcache::cache {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxDecodedBytes = 1024 * 1024;
/// `details` may have 32 levels of its own, and lies deeper inside an entry.
constexpr JsonLimits kEntryLimits{
    .max_bytes = kMaxDecodedBytes, .max_depth = 40, .max_values = 300'000};

Error Corrupt(std::string message) {
  return Error{ErrorCode::kStoreCorrupt, std::move(message)};
}

Error NotServed(std::string message) {
  return Error{ErrorCode::kNotCached, std::move(message)};
}

std::string Write(const Entry& entry, const content::ContentDigest& stored_as) {
  Json object = VerdictToJson(entry.verdict);
  Json cache = Json::object();
  cache["v"] = kVersion;
  cache["sha256"] = stored_as.ToHex();
  cache["kind"] = KindName(entry.key.kind);
  cache["storedAt"] = TimeToJson(entry.stored_at);
  cache["costMicros"] = entry.cost.micros();
  cache["mediaType"] = entry.media_type;
  cache["bytes"] = entry.bytes;
  cache["partial"] = entry.verdict.partial;
  cache["detectors"] = entry.detectors;
  if (entry.expires_at) cache["expiresAt"] = FormatTime(*entry.expires_at);
  if (!entry.write_id.empty()) cache["write"] = entry.write_id;
  object["cache"] = std::move(cache);
  return DumpJson(object);
}

void CutText(std::string& text) {
  constexpr std::size_t kEnough = 512;
  if (text.size() > kEnough) text.resize(kEnough);
}

void HalveLists(Verdict& verdict) {
  verdict.indicators.resize(verdict.indicators.size() / 2);
  verdict.generators.resize(verdict.generators.size() / 2);
  verdict.sources.resize(verdict.sources.size() / 2);
}

/// Writes the entry within `max_bytes`. Drops first the details, then the tails of the lists, and
/// last the ends of single texts, which our adapters keep short.
std::string WriteWithin(const Entry& entry, std::size_t max_bytes,
                        const content::ContentDigest& stored_as) {
  std::string text = Write(entry, stored_as);
  if (text.size() <= max_bytes) return text;
  Entry shorter = entry;
  shorter.verdict.details = R"({"truncated":true})";
  text = Write(shorter, stored_as);
  const auto has_lists = [&] {
    const Verdict& verdict = shorter.verdict;
    return !verdict.indicators.empty() || !verdict.generators.empty() || !verdict.sources.empty();
  };
  while (text.size() > max_bytes && has_lists()) {
    HalveLists(shorter.verdict);
    text = Write(shorter, stored_as);
  }
  if (text.size() <= max_bytes) return text;
  for (std::string* field : {&shorter.verdict.provider, &shorter.verdict.consensus,
                             &shorter.media_type, &shorter.detectors}) {
    CutText(*field);
  }
  return Write(shorter, stored_as);
}

/// Only years that fit the clock's nanoseconds: a foreign `9999-12-31` would overflow them.
bool IsUsableTime(const Json* value) {
  const auto text = AsString(value);
  if (!text || text->size() < 20) return false;
  const std::string_view year = std::string_view(*text).substr(0, 4);
  return std::all_of(year.begin(), year.end(), IsDigit) && (*text)[4] == '-' && year >= "1970" &&
         year <= "2261";
}

WallTime TimeOf(const Json* value) {
  if (!IsUsableTime(value)) return WallTime{};
  return ParseTime(*AsString(value)).value_or(WallTime{});
}

/// True for any `demo` but null and false: an invented verdict must not be served.
bool IsMarkedDemo(const Json& object) {
  const Json* demo = Find(object, "demo");
  return demo != nullptr && !demo->is_null() && AsBool(demo).value_or(true);
}

Result<Verdict> ReadVerdict(Json& object) {
  if (!IsUsableTime(Find(object, "analyzedAt"))) object.erase("analyzedAt");
  Result<Verdict> verdict = VerdictFromJson(object);
  if (verdict) verdict->demo = IsMarkedDemo(object);
  return verdict;
}

Result<Entry> ReadForeign(Json& object, const CacheKey& key) {
  if (IsMarkedDemo(object)) return NotServed("The stored verdict is a demonstration.");
  Result<Verdict> verdict = ReadVerdict(object);
  if (!verdict) return NotServed("The stored value has no aiScore between 0 and 100.");
  Entry entry;
  entry.foreign = true;
  entry.stored_at = verdict->analyzed_at;
  entry.verdict = std::move(*verdict);
  entry.key = key;
  return entry;
}

std::int64_t FormatVersionOf(const Json& cache) {
  return AsInteger(Find(cache, "v")).value_or(0);
}

/// Whether the value names the requested content.
Result<void> CheckHeader(const Json& cache, const CacheKey& key,
                         const content::ContentDigest& stored_as) {
  if (FormatVersionOf(cache) < 1) return Corrupt("The entry has no version.");
  if (AsString(Find(cache, "sha256")) != stored_as.ToHex()) {
    return Corrupt("The entry names another content.");
  }
  if (AsString(Find(cache, "kind")) != KindName(key.kind)) {
    return Corrupt("The entry names another kind of content.");
  }
  return {};
}

Result<Entry> ReadOurs(Json& object, const CacheKey& key, bool accept_demo,
                       const content::ContentDigest& stored_as) {
  const Json& cache = *Find(object, "cache");
  if (auto checked = CheckHeader(cache, key, stored_as); !checked) {
    return std::move(checked).error();
  }
  Entry entry;
  entry.key = key;
  entry.stored_at = TimeOf(Find(cache, "storedAt"));
  entry.cost = std::max(Usd::FromMicros(AsInteger(Find(cache, "costMicros")).value_or(0)), Usd());
  entry.media_type = AsString(Find(cache, "mediaType")).value_or("");
  entry.bytes = static_cast<std::uint64_t>(
      std::max<std::int64_t>(AsInteger(Find(cache, "bytes")).value_or(0), 0));
  entry.detectors = AsString(Find(cache, "detectors")).value_or("");
  const Json* expires_at = Find(cache, "expiresAt");
  if (IsUsableTime(expires_at)) entry.expires_at = ParseTime(*AsString(expires_at));
  entry.write_id = AsString(Find(cache, "write")).value_or("");
  const bool partial = AsBool(Find(cache, "partial")).value_or(false);
  Result<Verdict> verdict = ReadVerdict(object);
  if (!verdict) return std::move(verdict).error();
  if (verdict->demo && !accept_demo) return NotServed("The stored verdict is a demonstration.");
  entry.verdict = std::move(*verdict);
  entry.verdict.partial = entry.verdict.partial || partial;
  return entry;
}

}  // namespace

std::string EncodeEntry(const Entry& entry, const EntryFormatOptions& options,
                        const content::ContentDigest& stored_as) {
  std::string text = WriteWithin(entry, options.max_bytes, stored_as);
  return text.size() < options.compress_min_bytes ? text : Compress(text);
}

std::string EncodeEntry(const Entry& entry, const EntryFormatOptions& options) {
  return EncodeEntry(entry, options, entry.key.digest);
}

Result<Entry> DecodeEntry(std::string_view stored, const CacheKey& key, bool accept_demo,
                          const content::ContentDigest& stored_as) {
  std::string decompressed;
  if (IsZstdFrame(stored)) {
    auto text = Decompress(stored, kMaxDecodedBytes);
    if (!text) return std::move(text).error();
    decompressed = std::move(*text);
    stored = decompressed;
  }
  Result<Json> object = ParseJson(stored, kEntryLimits);
  if (!object) return Corrupt("The entry is not valid JSON of a bearable size.");
  if (!object->is_object()) return Corrupt("The entry is no JSON object.");
  const Json* cache = Find(*object, "cache");
  if (cache == nullptr) return ReadForeign(*object, key);
  if (!cache->is_object()) return Corrupt("The entry's `cache` is no object.");
  const bool is_newer = FormatVersionOf(*cache) > kVersion;
  Result<Entry> entry = ReadOurs(*object, key, accept_demo, stored_as);
  if (!is_newer) return entry;
  if (!entry) return Error{kNewerVersion, "The entry was written by a newer version."};
  entry->newer = true;
  return entry;
}

Result<Entry> DecodeEntry(std::string_view stored, const CacheKey& key, bool accept_demo) {
  return DecodeEntry(stored, key, accept_demo, key.digest);
}

}  // namespace vcache::cache
