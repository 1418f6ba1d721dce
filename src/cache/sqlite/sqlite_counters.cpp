#include "cache/sqlite/sqlite_counters.h"

#include <string>
#include <vector>

#include "cache/times.h"

namespace vcache::cache {
namespace {

int AddTo(Connection& connection, const std::string& key, const Counters& delta) {
  int code = SQLITE_OK;
  ForEachCount(delta, [&](const std::string& field, std::int64_t value) {
    if (code != SQLITE_OK) return;
    code = connection.Run(
        "INSERT INTO counters(key, field, value) VALUES(?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET value = value + excluded.value",
        key, field, value);
  });
  return code;
}

/// Deletes a family's rows that sort before `first_kept`.
int DropBefore(Connection& connection, const std::string& family, const std::string& first_kept) {
  return connection.Run("DELETE FROM counters WHERE key >= ?1 AND key < ?2", family, first_kept);
}

int ReadInto(Connection& connection, const std::string& key, Counters& counters, WallTime* since) {
  return connection.ForEach(
      "SELECT field, value FROM counters WHERE key = ?1",
      [&](const Statement& row) {
        const std::string_view field = row.Bytes(0);
        const std::int64_t value = row.Integer(1);
        if (field != kSinceField) {
          AddCounterField(counters, field, value);
        } else if (since != nullptr) {
          *since = FromMillis(value);
        }
      },
      key);
}

}  // namespace

int BeginCounting(Connection& connection, const SumKeys& keys, WallTime now) {
  return connection.Run(
      "INSERT INTO counters(key, field, value) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
      keys.Totals(), kSinceField, ToMillis(now));
}

int AddCounters(Connection& connection, const SumKeys& keys, const Counters& delta, WallTime when) {
  WallTime first_counted{};
  int code = connection.ForEach(
      "SELECT value FROM counters WHERE key = ?1 AND field = ?2",
      [&](const Statement& row) { first_counted = FromMillis(row.Integer(0)); }, keys.Totals(),
      kSinceHourField);
  if (code == SQLITE_OK && when >= first_counted) code = AddTo(connection, keys.Totals(), delta);
  for (const std::string& key : {keys.Day(DayOf(when)), keys.Hour(HourOf(when))}) {
    if (code == SQLITE_OK) code = AddTo(connection, key, delta);
  }
  return code;
}

int ResetCounters(Connection& connection, const SumKeys& keys, WallTime now, CounterTotals& ended) {
  int code = ReadInto(connection, keys.Totals(), ended.all, &ended.since);
  if (code == SQLITE_OK) {
    code = connection.Run("DELETE FROM counters WHERE key = ?1", keys.Totals());
  }
  if (code == SQLITE_OK) code = BeginCounting(connection, keys, now);
  if (code != SQLITE_OK) return code;
  return connection.Run("INSERT INTO counters(key, field, value) VALUES(?1, ?2, ?3)", keys.Totals(),
                        kSinceHourField, ToMillis(std::chrono::floor<std::chrono::hours>(now)));
}

int PruneCounters(Connection& connection, const SumKeys& keys, WallTime now) {
  const int code = DropBefore(connection, keys.Day(""), keys.Day(DayOf(now - kDaysKept)));
  if (code != SQLITE_OK) return code;
  return DropBefore(connection, keys.Hour(""), keys.Hour(HourOf(now - kHoursKept)));
}

int CountClear(Connection& connection, const SumKeys& keys) {
  return connection.Run(
      "INSERT INTO counters(key, field, value) VALUES(?1, 'clears', 1)"
      " ON CONFLICT DO UPDATE SET value = value + 1",
      keys.LocalClears());
}

int ReadClears(Connection& connection, const SumKeys& keys, std::int64_t& clears) {
  return connection.ForEach(
      "SELECT value FROM counters WHERE key = ?1",
      [&](const Statement& row) { clears = row.Integer(0); }, keys.LocalClears());
}

int ReadCounters(Connection& connection, const SumKeys& keys, WallTime now, CounterTotals& totals) {
  const int code = ReadInto(connection, keys.Totals(), totals.all, &totals.since);
  if (code != SQLITE_OK) return code;
  return ReadInto(connection, keys.Day(DayOf(now)), totals.today, nullptr);
}

/// The names of hours and days sort by time.
int ReadCounterRange(Connection& connection, const SumKeys& keys, const CounterRange& range,
                     CounterSeries& series) {
  const std::vector<std::string> names = KeysOf(range, keys);
  if (names.empty()) return SQLITE_OK;
  std::size_t at = 0;
  return connection.ForEach(
      "SELECT key, field, value FROM counters WHERE key BETWEEN ?1 AND ?2 ORDER BY key",
      [&](const Statement& row) {
        const std::string_view key = row.Bytes(0);
        while (at < names.size() && names[at] < key) ++at;
        if (at == names.size() || names[at] != key) return;
        AddCounterField(series[at], row.Bytes(1), row.Integer(2));
      },
      names.front(), names.back());
}

}  // namespace vcache::cache
