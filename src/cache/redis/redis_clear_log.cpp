#include "cache/redis/redis_clear_log.h"

#include <string>
#include <utility>

#include "cache/redis/redis_refusal.h"
#include "cache/times.h"
#include "json/json.h"
#include "vcache/cache/clear_count.h"

namespace vcache::cache {
namespace {

/// Clears in the log; a record takes 200 bytes at most.
constexpr std::size_t kLogged = 1'000;
constexpr redis::ReplyLimits kLogLimits{.max_bytes = 512 * 1024, .max_elements = kLogged};

// The count stays a text: Lua's numbers are too short for it. A log of another type, or one for
// which there is no room, costs the record and not the count.
constexpr std::string_view kCountSource = R"(
redis.call('INCR', KEYS[1])
local count = redis.call('GET', KEYS[1])
local logged = redis.pcall('LPUSH', KEYS[2], '{"clears":' .. count .. ',' .. ARGV[1])
if type(logged) == 'number' then redis.pcall('LTRIM', KEYS[2], 0, ARGV[2]) end
return count
)";

/// A record in the log, with its count.
std::optional<std::pair<std::int64_t, ClearRecord>> DecodeRecord(std::string_view text) {
  const Result<Json> json = ParseJson(text);
  if (!json || !json->is_object()) return std::nullopt;
  const auto count = AsInteger(Find(*json, "clears"));
  const auto pattern = AsString(Find(*json, "pattern"));
  const auto at = AsInteger(Find(*json, "atMs"));
  if (!count || !pattern || !at) return std::nullopt;
  const Result<KeyPattern> known = KeyPattern::Parse(*pattern);
  // A newer version's pattern that cannot be parsed may match everything.
  return std::pair(*count, ClearRecord{known ? *known : KeyPattern::All(), FromMillis(*at)});
}

}  // namespace

Result<redis::RespReply> CountAndLogClear(redis::RespClient& client, const SumKeys& keys,
                                          const ClearRecord& clear, Deadline deadline) {
  static const redis::RespScript script{std::string(kCountSource)};
  Json record = Json::object();
  record["pattern"] = clear.pattern.text();
  record["atMs"] = ToMillis(clear.at);
  const std::vector<std::string> names = {keys.Clears(), keys.ClearLog()};
  const std::vector<std::string> arguments = {DumpJson(record).substr(1),  // the count goes first
                                              std::to_string(kLogged - 1)};
  return script.Run(client, names, arguments, deadline);
}

Result<std::vector<ClearRecord>> ReadClearLog(redis::RespClient& client, const SumKeys& keys,
                                              std::optional<std::int64_t> seen, std::int64_t clears,
                                              WallTime now, Deadline deadline) {
  const redis::RespCommand read{{"LRANGE", keys.ClearLog(), "0", std::to_string(kLogged - 1)},
                                kLogLimits};
  const auto reply = client.Run(read, deadline);
  if (!reply) return reply.error();
  const redis::RespErrorKind trouble = reply->error_kind();
  const bool is_unreadable =
      trouble == redis::RespErrorKind::kWrongType || trouble == redis::RespErrorKind::kNoPermission;
  if (!reply->is_array() && !is_unreadable) return RedisRefused(*reply);
  const bool same_epoch = seen && EpochOf(*seen) == EpochOf(clears);
  const std::int64_t since = same_epoch ? *seen : EpochOf(clears) << kClearBits;
  std::vector<ClearRecord> missed;
  std::int64_t unknown = clears - since;
  for (const redis::RespReply& element : reply->elements) {
    auto record = DecodeRecord(element.text);
    if (!record || (seen && record->first <= since)) continue;
    if (record->first > since && record->first <= clears) --unknown;
    missed.push_back(std::move(record->second));
  }
  if (seen && unknown > 0) missed.push_back({KeyPattern::All(), now});
  return missed;
}

}  // namespace vcache::cache
