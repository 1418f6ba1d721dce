#include "cache/redis_scripts.h"

#include <charconv>
#include <optional>

#include "cache/stats_keys.h"
#include "cache/times.h"
#include "core/verdict_json.h"

namespace vcache::cache {
namespace {

constexpr std::string_view kPendingPrefix = "pending:";
// Of stores whose scripts may touch one slot only; see redis_slot_writes.cpp.
constexpr std::string_view kMovingPrefix = "moving:";
constexpr std::string_view kMovesField = "moves";

// Numbers are written with %.0f: Lua's own form of large ones is 1e+15.
// HMGET comes before SET, so that a counter key of another type stops the script before it has
// written anything: Redis does not take back what a script did.
constexpr std::string_view kKeepSource = R"(
local now, hour = ARGV[3], ARGV[4]
local fields, deltas = {'since_ms'}, {0}
for i = 5, #ARGV, 2 do
  local delta = tonumber(ARGV[i + 1])
  fields[#fields + 1], deltas[#deltas + 1] = ARGV[i], delta
  fields[#fields + 1], deltas[#deltas + 1] = 'pending:' .. hour .. ':' .. ARGV[i], delta
end
local old = redis.call('HMGET', KEYS[2], unpack(fields))
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
local new = {}
for i, field in ipairs(fields) do
  local value = string.format('%.0f', (tonumber(old[i] or '') or 0) + deltas[i])
  if i == 1 then value = old[1] or now end
  new[#new + 1] = field
  new[#new + 1] = value
end
redis.call('HSET', KEYS[2], unpack(new))
return redis.status_reply('OK')
)";

constexpr std::string_view kAddSource = R"(
local prefix, day_life, hour_life, now, own_hour = unpack(ARGV, 1, 5)
local old, new, settled, hours = {}, {}, {}, {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do old[flat[i]] = flat[i + 1] end

local function note(hour, field, delta)
  hours[hour] = hours[hour] or {}
  hours[hour][field] = (hours[hour][field] or 0) + delta
end
for field, value in pairs(old) do
  local hour, counter = string.match(field, '^pending:(%d%d%d%d%-%d%d%-%d%dT%d%d):(.+)$')
  if hour then
    settled[#settled + 1] = field
    note(hour, counter, tonumber(value) or 0)
  end
end
for i = 6, #ARGV, 2 do
  local delta = tonumber(ARGV[i + 1])
  note(own_hour, ARGV[i], delta)
  new[#new + 1] = ARGV[i]
  new[#new + 1] = string.format('%.0f', (tonumber(old[ARGV[i]] or '') or 0) + delta)
end
if not old['since_ms'] then
  new[#new + 1] = 'since_ms'
  new[#new + 1] = now
end

local function add(key, counts, life)
  local fields = {}
  for field in pairs(counts) do fields[#fields + 1] = field end
  local before, after, fresh = redis.call('HMGET', key, unpack(fields)), {}, true
  for i, field in ipairs(fields) do
    if before[i] then fresh = false end
    after[#after + 1] = field
    after[#after + 1] = string.format('%.0f', (tonumber(before[i] or '') or 0) + counts[field])
  end
  redis.call('HSET', key, unpack(after))
  if fresh then redis.call('EXPIRE', key, life) end
end
local days = {}
for hour, counts in pairs(hours) do
  local day = string.sub(hour, 1, 10)
  days[day] = days[day] or {}
  for field, delta in pairs(counts) do days[day][field] = (days[day][field] or 0) + delta end
  add(prefix .. 'stats:hour:' .. hour, counts, hour_life)
end
for day, counts in pairs(days) do add(prefix .. 'stats:day:' .. day, counts, day_life) end

if #new > 0 then redis.call('HSET', KEYS[1], unpack(new)) end
for i = 1, #settled, 100 do
  redis.call('HDEL', KEYS[1], unpack(settled, i, math.min(i + 99, #settled)))
end
return redis.status_reply('OK')
)";

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Calls `take(field, number)` for each pair of an HGETALL whose value is a number.
template <typename Take>
void ForEachNumber(const net::RespReply& hash, Take take) {
  for (std::size_t i = 0; i + 1 < hash.elements.size(); i += 2) {
    if (const auto number = WholeNumber(hash.elements[i + 1].text)) {
      take(std::string_view(hash.elements[i].text), *number);
    }
  }
}

}  // namespace

const net::RespScript& KeepScript() {
  static const net::RespScript script{std::string(kKeepSource)};
  return script;
}

const net::RespScript& AddScript() {
  static const net::RespScript script{std::string(kAddSource)};
  return script;
}

std::vector<std::string> CounterArguments(const Counters& delta, WallTime now, WallTime when) {
  std::vector<std::string> arguments = {std::to_string(ToMillis(now)),
                                        FormatTime(when).substr(0, 13)};
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      if (delta.at(kind, counter) == 0) continue;
      arguments.push_back(CounterField(kind, counter));
      arguments.push_back(std::to_string(delta.at(kind, counter)));
    }
  }
  return arguments;
}

CounterTotals TotalsOf(const net::RespReply& totals, const net::RespReply& day, WallTime now) {
  CounterTotals result;
  result.since = now;
  const std::string date = FormatTime(now).substr(0, 10);
  const std::string today = std::string(kPendingPrefix) + date;
  const std::string moving_today = std::string(kMovingPrefix) + date;
  constexpr std::size_t kHourLength = std::string_view("2026-11-21T10:").size();
  Counters pending;
  Counters moving;
  std::int64_t move = 0;
  std::int64_t moved = 0;
  ForEachNumber(totals, [&](std::string_view field, std::int64_t value) {
    if (field == kSinceField) {
      result.since = WallTime(std::chrono::milliseconds(value));
    } else if (field.starts_with(today) && field.size() > kPendingPrefix.size() + kHourLength) {
      Counters one;
      SetCounterField(one, field.substr(kPendingPrefix.size() + kHourLength), value);
      pending += one;
    } else if (field.starts_with(moving_today) &&
               field.size() > kMovingPrefix.size() + kHourLength) {
      SetCounterField(moving, field.substr(kMovingPrefix.size() + kHourLength), value);
    } else if (field == kMovesField) {
      move = value;
    } else {
      SetCounterField(result.all, field, value);  // a newer version's counter is not ours to show
    }
  });
  ForEachNumber(day, [&](std::string_view field, std::int64_t value) {
    SetCounterField(result.today, field, value);
    if (field == kMovesField) moved = value;
  });
  result.today += pending;
  if (moved < move) result.today += moving;  // on its way, and not there yet
  return result;
}

}  // namespace vcache::cache
