#include "cache/sqlite/sqlite_counters.h"

#include "cache/stats_keys.h"
#include "cache/times.h"

namespace vcache::cache {
namespace {

int AddTo(Connection& connection, const std::string& key, const Counters& delta) {
  for (const ContentKind kind : {ContentKind::kAnalysis, ContentKind::kText}) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      const std::int64_t value = delta.at(kind, counter);
      if (value == 0) continue;
      const int code = connection.Run(
          "INSERT INTO counters(key, field, value) VALUES(?1, ?2, ?3)"
          " ON CONFLICT DO UPDATE SET value = value + excluded.value",
          key, CounterField(kind, counter), value);
      if (code != SQLITE_OK) return code;
    }
  }
  return SQLITE_OK;
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
          SetCounterField(counters, field, value);  // ignores counters of newer versions
        } else if (since != nullptr) {
          *since = FromMillis(value);
        }
      },
      key);
}

}  // namespace

int BeginCounting(Connection& connection, std::string_view prefix, WallTime now) {
  return connection.Run(
      "INSERT INTO counters(key, field, value) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
      TotalsKey(prefix), kSinceField, ToMillis(now));
}

int AddCounters(Connection& connection, std::string_view prefix, const Counters& delta,
                WallTime when) {
  for (const std::string& key : {TotalsKey(prefix), DayKey(prefix, when), HourKey(prefix, when)}) {
    if (const int code = AddTo(connection, key, delta); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int PruneCounters(Connection& connection, std::string_view prefix, WallTime now) {
  const std::string days = std::string(prefix) + "stats:day:";
  const std::string hours = std::string(prefix) + "stats:hour:";
  const int code = DropBefore(connection, days, DayKey(prefix, now - kDaysKept));
  if (code != SQLITE_OK) return code;
  return DropBefore(connection, hours, HourKey(prefix, now - kHoursKept));
}

int ReadCounters(Connection& connection, std::string_view prefix, WallTime now,
                 CounterTotals& totals) {
  const int code = ReadInto(connection, TotalsKey(prefix), totals.all, &totals.since);
  if (code != SQLITE_OK) return code;
  return ReadInto(connection, DayKey(prefix, now), totals.today, nullptr);
}

}  // namespace vcache::cache
