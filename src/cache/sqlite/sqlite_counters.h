#pragma once

#include <string_view>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/cache/counters.h"

namespace vcache::cache {

// The counters of the local store. All return SQLite's result codes.

/// Records when counting began, unless recorded already. Call inside a transaction.
int BeginCounting(Connection& connection, std::string_view prefix, WallTime now);

/// Adds to the totals, the day and the hour of `when`. Call inside a transaction.
int AddCounters(Connection& connection, std::string_view prefix, const Counters& delta,
                WallTime when);

/// Deletes expired days and hours. Call inside a transaction.
int PruneCounters(Connection& connection, std::string_view prefix, WallTime now);

int ReadCounters(Connection& connection, std::string_view prefix, WallTime now,
                 CounterTotals& totals);

}  // namespace vcache::cache
