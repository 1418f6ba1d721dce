#pragma once

#include "cache/sqlite/sqlite_connection.h"
#include "cache/stats_keys.h"
#include "vcache/cache/counters.h"

namespace vcache::cache {

// The counters of the local store. All return SQLite's result codes.

/// Records when counting began, unless recorded already. Call inside a transaction.
int BeginCounting(Connection& connection, const SumKeys& keys, WallTime now);

/// Adds to the totals, the day and the hour of `when`. Call inside a transaction.
int AddCounters(Connection& connection, const SumKeys& keys, const Counters& delta, WallTime when);

/// Begins the totals anew; `ended` is what they were. Call inside a transaction.
int ResetCounters(Connection& connection, const SumKeys& keys, WallTime now, CounterTotals& ended);

/// Deletes expired days and hours. Call inside a transaction.
int PruneCounters(Connection& connection, const SumKeys& keys, WallTime now);

/// Adds one to the number of clears. Call inside a transaction.
int CountClear(Connection& connection, const SumKeys& keys);
int ReadClears(Connection& connection, const SumKeys& keys, std::int64_t& clears);

int ReadCounters(Connection& connection, const SumKeys& keys, WallTime now, CounterTotals& totals);
/// Adds what each hour or day of the range counted to its element of `series`.
int ReadCounterRange(Connection& connection, const SumKeys& keys, const CounterRange& range,
                     CounterSeries& series);

}  // namespace vcache::cache
