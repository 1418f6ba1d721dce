#include "cache/redis/redis_recovery.h"

#include <string>
#include <utility>
#include <vector>

#include "cache/redis/redis_refusal.h"
#include "cache/redis/redis_scripts.h"
#include "cache/times.h"

namespace vcache::cache {
namespace {

// KEYS: hashes. ARGV: for each the number of its counts, their names and values, and its life in
// seconds, 0 for none. The values are whole decimal numbers, exact in doubles up to 2^53.
constexpr std::string_view kRaiseSource = R"(
local at = 1
for _, key in ipairs(KEYS) do
  local higher = {}
  local fields, life = tonumber(ARGV[at]), nil
  at = at + 1
  local held = redis.call('HGETALL', key)
  local sums = {}
  for i = 1, #held, 2 do sums[held[i]] = tonumber(held[i + 1]) end
  for _ = 1, fields do
    if (sums[ARGV[at]] or 0) < tonumber(ARGV[at + 1]) then
      higher[#higher + 1] = ARGV[at]
      higher[#higher + 1] = ARGV[at + 1]
    end
    at = at + 2
  end
  life = tonumber(ARGV[at])
  at = at + 1
  if #higher > 0 then
    redis.call('HSET', key, unpack(higher))
    if life > 0 and #held == 0 then redis.call('EXPIRE', key, life) end
  end
end
return 1
)";

void AppendCounts(std::vector<std::string>& arguments, const Counters& counters,
                  std::chrono::seconds life) {
  const std::size_t place = arguments.size();
  std::size_t fields = 0;
  arguments.emplace_back();
  ForEachCount(counters, [&](const std::string& field, std::int64_t value) {
    arguments.push_back(field);
    arguments.push_back(std::to_string(value));
    ++fields;
  });
  arguments[place] = std::to_string(fields);
  arguments.push_back(std::to_string(life.count()));
}

}  // namespace

Result<std::size_t> PutBackCopies(const DeliveryOptions& options, const EntryFormatOptions& format,
                                  std::span<const StoredCopy> copies, Deadline deadline) {
  const WallTime now = options.clock.WallNow();
  std::vector<redis::RespCommand> commands;
  for (const StoredCopy& copy : copies) {
    const auto left = std::chrono::floor<std::chrono::milliseconds>(copy.expires_at - now);
    const auto key = options.keys.StoredKeyOf(copy.store_key);
    if (!key || left.count() <= 0) continue;
    Result<Entry> entry = DecodeEntry(copy.value, *key, options.accept_demo, key->digest);
    if (!entry || entry->newer) continue;  // a newer version's would lose what we cannot read
    // A partial verdict is served for a shorter time than its answers are kept.
    if (!entry->verdict.partial || !entry->expires_at) entry->expires_at = copy.expires_at;
    commands.push_back({{"SET", copy.store_key, EncodeEntry(*entry, format, key->digest), "NX",
                         "PX", std::to_string(left.count())},
                        {}});
  }
  if (commands.empty()) return std::size_t{0};
  const auto replies = options.client.Run(commands, deadline);
  if (!replies) return replies.error();
  std::size_t stored = 0;
  for (const redis::RespReply& reply : *replies) {
    if (reply.is_error()) return RedisRefused(reply);
    if (reply.is_status("OK")) ++stored;
  }
  return stored;
}

Result<void> RaiseTotalsTo(const DeliveryOptions& options, const CounterTotals& at_least,
                           Deadline deadline) {
  static const redis::RespScript script{std::string(kRaiseSource)};
  const std::vector<std::string> keys = {options.sums.Totals(),
                                         options.sums.Day(DayOf(options.clock.WallNow()))};
  std::vector<std::string> arguments;
  AppendCounts(arguments, at_least.all, std::chrono::seconds(0));
  AppendCounts(arguments, at_least.today, kDaysKept);
  const auto reply = script.Run(options.client, keys, arguments, deadline);
  if (!reply) return reply.error();
  if (reply->type != redis::RespReply::Type::kInteger) return RedisRefused(*reply);
  return {};
}

}  // namespace vcache::cache
