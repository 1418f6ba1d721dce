#include "cache/redis/redis_scripts.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "cache/stats_keys.h"
#include "cache/times.h"
#include "vcache/core/parse_number.h"

namespace vcache::cache {
namespace {

constexpr std::string_view kPendingPrefix = "pending:";
constexpr std::size_t kHourChars = std::string_view("2026-11-21T10").size();

// What is counted at once is one field of its own, `pending:<hour>:<id>`, until a fold adds it to
// the totals: one command whatever it counts, and writing it twice counts once. A
// counter key of another type costs the count and not the verdict: the reply says so. GETDEL
// (Redis 6.2) saves a command against GET and DEL. In the rare case that another's lease took the
// place of ours it is put back; a failure is not, for there is a verdict now. The reply is the id
// of the write and not OK: the reply of another command can never be taken for it.
constexpr std::string_view kKeepSource = R"(
local value, life, field, counts, token, lease_life, channel, message, id = unpack(ARGV)
if field ~= '' and type(redis.pcall('HSET', KEYS[3], field, counts)) == 'table' then
  id = id .. '!'  -- kUncounted
end
redis.call('SET', KEYS[1], value, 'EX', life)
if token == '' then return id end
local held = redis.pcall('GETDEL', KEYS[2])
if type(held) == 'table' then
  held = redis.call('GET', KEYS[2])
  if held == token or held == token .. '+' then redis.call('DEL', KEYS[2]) end
elseif held and held ~= token and held ~= token .. '+' and string.sub(held, 1, 1) ~= '!' then
  redis.call('SET', KEYS[2], held, 'PX', lease_life)
end
if held == token .. '+' then redis.call('PUBLISH', channel, message) end
return id
)";

// Numbers are written with %.0f: Lua's own form of large ones is 1e+15.
// A cluster refuses a key that it is moving to another server, in the middle of the script if need
// be. There the caller names every key, which is refused before the script begins, and the hours of
// others wait.
constexpr std::string_view kFoldSource = R"(
local stats, day_life, hour_life, now, reset = unpack(ARGV)
local named = {}
for _, key in ipairs(KEYS) do named[key] = true end
local old, waiting, settled, hours, totals = {}, {}, {}, {}, {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do old[flat[i]] = flat[i + 1] end
local since = old['since_hour'] or ''

local function note(hour, field, delta)
  hours[hour] = hours[hour] or {}
  hours[hour][field] = (hours[hour][field] or 0) + delta
  if hour >= since then totals[field] = (totals[field] or 0) + delta end
end
for field, value in pairs(old) do
  local hour = string.match(field, '^pending:(%d%d%d%d%-%d%d%-%d%dT%d%d):.')
  waiting[field] = hour
  if hour and (#KEYS == 1 or named[stats .. 'hour:' .. hour]) then
    settled[#settled + 1] = field
    for counter, delta in string.gmatch(value, '([^,=]+)=(%-?%d+)') do
      note(hour, counter, tonumber(delta))
    end
  end
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
  add(stats .. 'hour:' .. hour, counts, hour_life)
end
for day, counts in pairs(days) do add(stats .. 'day:' .. day, counts, day_life) end

local new = {}
if reset then
  new = {'since_ms', now, 'since_hour', reset}
  totals = {}
  for field in pairs(old) do
    if field ~= 'since_ms' and field ~= 'since_hour' and not waiting[field] then
      settled[#settled + 1] = field
    end
  end
end
for field, delta in pairs(totals) do
  new[#new + 1] = field
  new[#new + 1] = string.format('%.0f', (tonumber(old[field] or '') or 0) + delta)
end
if not old['since_ms'] and not reset then
  new[#new + 1] = 'since_ms'
  new[#new + 1] = now
end
if #new > 0 then redis.call('HSET', KEYS[1], unpack(new)) end
for i = 1, #settled, 100 do
  redis.call('HDEL', KEYS[1], unpack(settled, i, math.min(i + 99, #settled)))
end
return reset and flat or redis.status_reply('OK')
)";

// In one script: a fold between two commands would hide what it moves, or show it twice.
constexpr std::string_view kRangeSource = R"(
local waiting, held = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  if string.sub(held[i], 1, 8) == 'pending:' then
    waiting[#waiting + 1] = held[i]
    waiting[#waiting + 1] = held[i + 1]
  end
end
local series = {waiting}
for i = 2, #KEYS do series[i] = redis.call('HGETALL', KEYS[i]) end
return series
)";

/// What `PendingCounts` wrote; fields that are no counters are left out.
Counters ParsePendingCounts(std::string_view text) {
  Counters counters;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const auto number = ParseNumber<std::int64_t>(pair.substr(equals + 1));
    if (number) AddCounterField(counters, pair.substr(0, equals), *number);
  }
  return counters;
}

/// `hash` as HGETALL gives it.
void AddHash(Counters& counters, const redis::RespReply& hash) {
  for (std::size_t i = 0; i + 1 < hash.elements.size(); i += 2) {
    const auto number = ParseNumber<std::int64_t>(hash.elements[i + 1].text);
    if (number) AddCounterField(counters, hash.elements[i].text, *number);
  }
}

}  // namespace

const redis::RespScript& KeepScript() {
  static const redis::RespScript script{std::string(kKeepSource)};
  return script;
}

const redis::RespScript& FoldScript() {
  static const redis::RespScript script{std::string(kFoldSource)};
  return script;
}

std::vector<std::string> FoldArguments(const SumKeys& keys, WallTime now) {
  const auto seconds = [](std::chrono::seconds life) { return std::to_string(life.count()); };
  return {keys.Stats(), seconds(kDaysKept), seconds(kHoursKept), std::to_string(ToMillis(now))};
}

std::vector<std::string> ResetArguments(const SumKeys& keys, WallTime now) {
  std::vector<std::string> arguments = FoldArguments(keys, now);
  arguments.push_back(HourOf(now));
  return arguments;
}

std::string HourOfPending(std::string_view field) {
  const bool is_pending = field.starts_with(kPendingPrefix) &&
                          field.size() > kPendingPrefix.size() + kHourChars &&
                          field[kPendingPrefix.size() + kHourChars] == ':';
  return std::string(is_pending ? field.substr(kPendingPrefix.size(), kHourChars) : "");
}

std::string PendingField(WallTime when, std::string_view id) {
  return std::string(kPendingPrefix) + HourOf(when) + ":" + std::string(id);
}

std::string PendingCounts(const Counters& delta) {
  std::string text;
  ForEachCount(delta, [&](const std::string& field, std::int64_t value) {
    if (!text.empty()) text += ',';
    text += field + "=" + std::to_string(value);
  });
  return text;
}

CounterTotals TotalsOf(const redis::RespReply& totals, const redis::RespReply& day, WallTime now) {
  CounterTotals result;
  result.since = now;
  std::string_view since_hour;  // empty before the first reset
  for (std::size_t i = 0; i + 1 < totals.elements.size(); i += 2) {
    if (totals.elements[i].text == kSinceHourField) since_hour = totals.elements[i + 1].text;
  }
  const std::string pending_today = std::string(kPendingPrefix) + DayOf(now);
  for (std::size_t i = 0; i + 1 < totals.elements.size(); i += 2) {
    const std::string_view field = totals.elements[i].text;
    const std::string_view value = totals.elements[i + 1].text;
    const auto number = ParseNumber<std::int64_t>(value);
    if (!number) {
      if (!field.starts_with(kPendingPrefix)) continue;
      const Counters pending = ParsePendingCounts(value);
      if (HourOfPending(field) >= since_hour) result.all += pending;
      if (field.starts_with(pending_today)) result.today += pending;
    } else if (field == kSinceField) {
      result.since = FromMillis(*number);
    } else {
      AddCounterField(result.all, field, *number);  // a newer version's counter is not ours to show
    }
  }
  AddHash(result.today, day);
  return result;
}

const redis::RespScript& RangeScript() {
  static const redis::RespScript script{std::string(kRangeSource)};
  return script;
}

std::optional<CounterSeries> SeriesOf(const redis::RespReply& reply, const CounterRange& range) {
  if (!reply.is_array() || reply.elements.size() != 1 + range.count) return std::nullopt;
  CounterSeries series(range.count);
  std::unordered_map<std::string, std::size_t> places;
  const bool by_hour = range.period == CounterRange::Period::kHour;
  for (std::size_t i = 0; i < range.count; ++i) {
    AddHash(series[i], reply.elements[1 + i]);
    places[by_hour ? HourOf(range.BeginOf(i)) : DayOf(range.BeginOf(i))] = i;
  }
  const std::vector<redis::RespReply>& waiting = reply.elements.front().elements;
  for (std::size_t i = 0; i + 1 < waiting.size(); i += 2) {
    const std::string hour = HourOfPending(waiting[i].text);
    const auto place = places.find(by_hour ? hour : hour.substr(0, hour.find('T')));
    if (place != places.end()) series[place->second] += ParsePendingCounts(waiting[i + 1].text);
  }
  return series;
}

}  // namespace vcache::cache
