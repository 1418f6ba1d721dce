#pragma once

#include <string_view>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/cache/counters.h"

namespace vcache::cache {

// The counters of the local store. All answer SQLite's result codes.

/// Notes when counting began, unless that is known. Inside a transaction of the caller.
int BeginCounting(Connection& connection, std::string_view prefix, WallTime now);

/// Adds to the totals, the day and the hour of `when`. Inside a transaction of the caller.
int AddCounters(Connection& connection, std::string_view prefix, const Counters& delta,
                WallTime when);

/// Drops days and hours that are past their life. Inside a transaction of the caller.
int PruneCounters(Connection& connection, std::string_view prefix, WallTime now);

int ReadCounters(Connection& connection, std::string_view prefix, WallTime now,
                 CounterTotals& totals);

}  // namespace vcache::cache
