#pragma once

#include <string_view>
#include <vector>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/outbox.h"

namespace vcache::cache {

// The writes that wait for the shared store. All answer SQLite's result codes. Each site has its
// own, told apart by `prefix`.

/// What waits when `request` is to be kept for `life` from `now` on.
PendingWrite PendingOf(const PutRequest& request, std::chrono::milliseconds life, WallTime now,
                       const KeySpace& keys, const EntryFormatOptions& format);

/// Puts a write behind the others; its number is made here, and its id when it has none. Inside a
/// transaction of the caller.
int WritePending(Connection& connection, std::string_view prefix, const PendingWrite& write);

int ReadPending(Connection& connection, std::string_view prefix, std::size_t at_most,
                std::vector<PendingWrite>& writes);

/// Removes the write; its entry stays as a copy.
int ErasePending(Connection& connection, const PendingWrite& write);

/// What is cleared locally must not come to the shared store: takes the entry out of the writes
/// whose key is no entry any more, and leaves their counters. Inside a transaction of the caller.
int DropOrphans(Connection& connection, std::string_view prefix);

/// How many clears of the shared store were seen; left as it is when nothing was noted yet.
int ReadClearsSeen(Connection& connection, std::string_view prefix, std::int64_t& clears);
int NoteClearsSeen(Connection& connection, std::string_view prefix, std::int64_t clears);
/// Removes entries of the site that do not wait, and says how many. Inside a transaction of the
/// caller.
int DropSomeCopies(Connection& connection, std::string_view prefix, std::int64_t at_most,
                   std::int64_t& dropped);

/// The waiting entries of ours whose life is not over at `now` and whose names match, each once.
int ReadWaitingEntries(Connection& connection, const KeySpace& keys, const KeyPattern& pattern,
                       WallTime now, std::vector<WaitingEntry>& entries);

int CountPendingWrites(Connection& connection, std::string_view prefix, std::uint64_t& count);

/// Adds the counters of all that wait; those made on the day of `now` also to `today`.
int SumPendingCounters(Connection& connection, std::string_view prefix, WallTime now,
                       CounterTotals& totals);

}  // namespace vcache::cache
