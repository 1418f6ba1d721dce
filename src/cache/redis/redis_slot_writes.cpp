#include "cache/redis/redis_slot_writes.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "cache/redis/redis_scripts.h"
#include "cache/stats_keys.h"
#include "cache/times.h"
#include "vcache/core/time_text.h"

namespace vcache::cache {
namespace {

using redis::RespReply;

/// As long as a delivery may come late; see redis_delivery.cpp.
constexpr std::chrono::hours kIdRemembered{24 * 7};
/// Hours that one call moves: after an outage of days the next calls take the rest.
constexpr int kMovesAtOnce = 8;

// Reads come before writes, and the first write is the mark, as in the scripts of several slots.
constexpr std::string_view kCountSource = R"(
local now, hour = ARGV[2], ARGV[3]
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 1 then return redis.status_reply('DUPLICATE') end
local fields, deltas = {'since_ms'}, {0}
for i = 4, #ARGV, 2 do
  local delta = tonumber(ARGV[i + 1])
  fields[#fields + 1], deltas[#deltas + 1] = ARGV[i], delta
  fields[#fields + 1], deltas[#deltas + 1] = 'pending:' .. hour .. ':' .. ARGV[i], delta
end
local old = redis.call('HMGET', KEYS[1], unpack(fields))
if KEYS[2] then redis.call('SET', KEYS[2], '1', 'EX', ARGV[1]) end
local new = {}
for i, field in ipairs(fields) do
  local sum = string.format('%.0f', (tonumber(old[i] or '') or 0) + deltas[i])
  if i == 1 then sum = old[1] or now end
  new[#new + 1] = field
  new[#new + 1] = sum
end
redis.call('HSET', KEYS[1], unpack(new))
return redis.status_reply('OK')
)";

// One move at a time, for one hour: what is pending for it becomes `moving:`, under a number that
// only grows (also over a reset of the totals: it is not below the time). Who finds a move begun
// is told the same again.
constexpr std::string_view kBeginSource = R"(
local number, moving, oldest = 0, {}, nil
local flat = redis.call('HGETALL', KEYS[1])
local shape = ':(%d%d%d%d%-%d%d%-%d%dT%d%d):(.+)$'
for i = 1, #flat, 2 do
  if flat[i] == 'moves' then number = tonumber(flat[i + 1]) or 0 end
  local hour, counter = string.match(flat[i], '^moving' .. shape)
  if hour then
    if #moving == 0 then moving[1] = hour end
    moving[#moving + 1] = counter
    moving[#moving + 1] = flat[i + 1]
  end
  hour = string.match(flat[i], '^pending' .. shape)
  if hour and hour < ARGV[1] and (not oldest or hour < oldest) then oldest = hour end
end
if #moving == 0 then
  if not oldest then return false end
  number = math.max(number + 1, tonumber(ARGV[2]))
  moving[1] = oldest
  local set, gone = {'moves', string.format('%.0f', number)}, {}
  for i = 1, #flat, 2 do
    local hour, counter = string.match(flat[i], '^pending' .. shape)
    if hour == oldest then
      moving[#moving + 1] = counter
      moving[#moving + 1] = flat[i + 1]
      set[#set + 1] = 'moving:' .. hour .. ':' .. counter
      set[#set + 1] = flat[i + 1]
      gone[#gone + 1] = flat[i]
    end
  end
  redis.call('HSET', KEYS[1], unpack(set))
  redis.call('HDEL', KEYS[1], unpack(gone))
end
table.insert(moving, 1, string.format('%.0f', number))
return moving
)";

// The hash remembers the last move that it took: since there is one move at a time, a later one
// means that this one was taken too.
constexpr std::string_view kTakeSource = R"(
local fields, deltas = {'moves'}, {0}
for i = 3, #ARGV, 2 do
  fields[#fields + 1], deltas[#deltas + 1] = ARGV[i], tonumber(ARGV[i + 1]) or 0
end
local old, new, fresh = redis.call('HMGET', KEYS[1], unpack(fields)), {}, true
if (tonumber(old[1] or '') or 0) >= tonumber(ARGV[2]) then
  return redis.status_reply('DUPLICATE')
end
for i, field in ipairs(fields) do
  if old[i] then fresh = false end
  new[#new + 1] = field
  new[#new + 1] = i == 1 and ARGV[2] or
    string.format('%.0f', (tonumber(old[i] or '') or 0) + deltas[i])
end
redis.call('HSET', KEYS[1], unpack(new))
if fresh then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return redis.status_reply('OK')
)";

constexpr std::string_view kEndSource = R"(
if redis.call('HGET', KEYS[1], 'moves') ~= ARGV[1] then return redis.status_reply('DUPLICATE') end
local gone = {}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 7) == 'moving:' then gone[#gone + 1] = field end
end
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
return redis.status_reply('OK')
)";

// Only over the very value that was looked at: who wrote in between is newer.
constexpr std::string_view kStoreSource = R"(
local current = redis.pcall('GET', KEYS[1])
if type(current) ~= 'string' or current == ARGV[3] then
  if current or ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
end
return redis.status_reply('OK')
)";

template <const std::string_view& kSource>
Result<RespReply> RunScript(const SlotContext& context, const std::vector<std::string>& keys,
                            const std::vector<std::string>& arguments, Deadline deadline) {
  static const redis::RespScript script{std::string(kSource)};
  return script.Run(context.client, keys, arguments, deadline);
}

std::string Seconds(std::chrono::seconds life) {
  return std::to_string(life.count());
}

/// Remembers an id in the slot of the totals: the braces make it theirs.
std::string MarkKey(const KeySpace& keys, const std::string& id) {
  return keys.prefix() + "delivered:{" + TotalsKey(keys.prefix()) + "}:" + id;
}

bool Succeeded(const Result<RespReply>& reply) {
  return reply && !reply->is_error();
}

/// A move as the begin script tells it.
struct Move {
  std::string number;
  std::string hour;                 ///< `2026-11-21T10`
  std::vector<std::string> counts;  ///< Field, number, field, number, ...
};

std::optional<Move> MoveOf(const RespReply& reply) {
  if (!reply.is_array() || reply.elements.size() < 4) return std::nullopt;
  Move move{reply.elements[0].text, reply.elements[1].text, {}};
  for (std::size_t i = 2; i < reply.elements.size(); ++i) {
    move.counts.push_back(reply.elements[i].text);
  }
  return move;
}

bool Take(const SlotContext& context, const Move& move, const std::string& key,
          std::chrono::seconds life, Deadline deadline) {
  std::vector<std::string> arguments = {Seconds(life), move.number};
  arguments.insert(arguments.end(), move.counts.begin(), move.counts.end());
  return Succeeded(RunScript<kTakeSource>(context, {key}, arguments, deadline));
}

/// True when an hour was moved, so that there may be another.
bool MoveOne(const SlotContext& context, Deadline deadline) {
  const std::string& prefix = context.keys.prefix();
  const WallTime now = context.clock.WallNow();
  const auto begun = RunScript<kBeginSource>(
      context, {TotalsKey(prefix)}, {FormatTime(now).substr(0, 13), std::to_string(ToMillis(now))},
      deadline);
  if (!begun) return false;
  const std::optional<Move> move = MoveOf(*begun);
  if (!move) return false;
  const std::string stats = prefix + "stats:";
  return Take(context, *move, stats + "hour:" + move->hour, kHoursKept, deadline) &&
         Take(context, *move, stats + "day:" + move->hour.substr(0, 10), kDaysKept, deadline) &&
         Succeeded(RunScript<kEndSource>(context, {TotalsKey(prefix)}, {move->number}, deadline));
}

}  // namespace

Result<RespReply> CountBySlots(const SlotContext& context, const SlotCount& count,
                               Deadline deadline) {
  std::vector<std::string> keys = {TotalsKey(context.keys.prefix())};
  if (!count.id.empty()) keys.push_back(MarkKey(context.keys, count.id));
  std::vector<std::string> arguments =
      CounterArguments(count.delta, context.clock.WallNow(), count.when);
  arguments.insert(arguments.begin(), Seconds(kIdRemembered));
  return RunScript<kCountSource>(context, keys, arguments, deadline);
}

void MovePendingBySlots(const SlotContext& context, Deadline deadline) {
  for (int moved = 0; moved < kMovesAtOnce; ++moved) {
    if (!MoveOne(context, deadline)) return;
  }
}

Result<RespReply> DeliverBySlots(const SlotContext& context, const PendingWrite& write,
                                 const DeliveryPlan& plan, Deadline deadline) {
  if (plan.store_entry) {
    const auto left =
        std::chrono::floor<std::chrono::seconds>(write.expires_at - context.clock.WallNow());
    const auto stored = RunScript<kStoreSource>(
        context, {write.store_key},
        {write.value, Seconds(std::max(left, std::chrono::seconds(1))), plan.seen}, deadline);
    if (!Succeeded(stored)) return stored;
  }
  return CountBySlots(context, {write.counters, write.made_at, write.id}, deadline);
}

}  // namespace vcache::cache
