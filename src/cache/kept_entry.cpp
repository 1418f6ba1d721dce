#include "cache/kept_entry.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cache/compression.h"
#include "json/json.h"

namespace vcache::cache {
namespace {

/// More than an entry's reader takes.
constexpr std::size_t kMaxKeptText = 1024 * 1024;

/// The stored text on one line; other software may have written it on several.
std::string OneLine(std::string_view value) {
  std::string text(value);
  if (IsZstdFrame(value)) {
    auto decompressed = Decompress(value, kMaxKeptText);
    if (!decompressed) return {};
    text = *std::move(decompressed);
  }
  if (text.find_first_of("\r\n") == std::string::npos) return text;
  const JsonLimits limits{.max_bytes = kMaxKeptText, .max_depth = 40, .max_values = 300'000};
  const auto json = ParseJson(text, limits);
  return json ? DumpJson(*json) : std::string();
}

}  // namespace

std::optional<KeptEntry> ReadKept(const CacheKey& stored, std::string_view value, bool accept_demo,
                                  std::optional<WallTime> ends_at, WallTime now) {
  KeptEntry kept;
  kept.key = stored;
  kept.stored_bytes = value.size();
  const auto left = [&](WallTime end) {
    return std::chrono::floor<std::chrono::milliseconds>(end - now);
  };
  if (ends_at) kept.ttl = left(*ends_at);
  Result<Entry> entry = DecodeEntry(value, stored, accept_demo, stored.digest);
  if (!entry) {
    kept.problem = entry.error().message;
    kept.life_known = ends_at.has_value();
    return kept;
  }
  const auto own_end = std::exchange(entry->expires_at, std::nullopt);
  // The answers of a partial verdict are kept for longer than it is served.
  if (own_end && (!ends_at || entry->verdict.partial)) kept.ttl = left(*own_end);
  kept.life_known = ends_at || own_end;
  if (kept.life_known && kept.ttl.count() <= 0) {
    if (entry->verdict.partial || ends_at) return std::nullopt;
    kept.ttl = std::chrono::milliseconds(1);  // the server still has it, whatever our clock says
  }
  kept.json = OneLine(value);
  kept.entry = std::make_shared<const Entry>(*std::move(entry));
  return kept;
}

bool GivesWay(std::string_view stored, const EntryWrite& write, bool accept_demo, WallTime now) {
  const auto there = DecodeEntry(stored, write.key, accept_demo, write.key.digest);
  // Unreadable, or nothing that is served: overwritten. Not what a newer version can read.
  if (!there) return there.error().code != kNewerVersion;
  if (there->newer) return false;
  if (there->verdict.partial && there->expires_at && *there->expires_at <= now) return true;
  return there->stored_at < write.entry->stored_at;
}

std::string ValueOf(const EntryWrite& write, const EntryFormatOptions& format,
                    std::optional<WallTime> ends_at) {
  if (write.entry->foreign) return write.json;
  Entry entry = *write.entry;
  entry.expires_at = ends_at;
  return EncodeEntry(entry, format, write.key.digest);
}

Error ForeignCursor() {
  return {ErrorCode::kBadRequest,
          "The cursor is not one of this store's. Take it from the page before, or leave it out to "
          "begin anew."};
}

}  // namespace vcache::cache
