#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/outbox.h"

namespace vcache::cache {

// The pending writes of one site (`prefix`). All return SQLite's result codes.

/// The pending write for `request`, whose life begins at `now`.
PendingWrite PendingOf(const PutRequest& request, WallTime now, const KeySpace& keys,
                       const EntryFormatOptions& format);

/// The pending write for counts without a verdict.
PendingWrite PendingOf(const CounterWrite& counted);

/// Appends a write; assigns its number, and an id when it has none. Call inside a transaction.
int WritePending(Connection& connection, std::string_view prefix, const PendingWrite& write);

int ReadPending(Connection& connection, std::string_view prefix, std::size_t at_most,
                std::vector<PendingWrite>& writes);

/// Removes the write; its entry stays as a copy.
int ErasePending(Connection& connection, const PendingWrite& write);

/// Removes entries that were cleared locally from pending writes, so that they do not reach the
/// shared store; their counters stay. Call inside a transaction.
int DropOrphans(Connection& connection, std::string_view prefix);

/// The pending entries that one of the clears covers, by number.
int ReadCleared(Connection& connection, const KeySpace& keys, std::span<const ClearRecord> clears,
                std::vector<std::int64_t>& numbers);
/// Removes the entry of a pending write and, if no other is pending, its copy; the counters stay.
/// Call inside a transaction.
int DropPendingEntry(Connection& connection, std::int64_t number);

/// The bytes of the file that hold something.
int ReadUse(Connection& connection, std::int64_t& bytes);

struct CopyPage {
  std::int64_t before = 0;  ///< Entries with lower numbers only.
  std::size_t at_most = 0;
  std::int64_t now_ms = 0;
};
/// Living entries without a pending write, the newest first.
int ReadSomeCopies(Connection& connection, std::string_view prefix, const CopyPage& page,
                   std::vector<StoredCopy>& copies);

/// The recorded count of the shared store's clears; `clears` is unchanged when none is recorded.
int ReadClearsSeen(Connection& connection, std::string_view prefix, std::int64_t& clears);
int NoteClearsSeen(Connection& connection, std::string_view prefix, std::int64_t clears);
/// Records the count if the recorded one is the one before.
int NoteNextClear(Connection& connection, std::string_view prefix, std::int64_t clears);
/// Removes some copies of the site; `dropped` is how many. Call inside a transaction.
int DropSomeCopies(Connection& connection, std::string_view prefix, std::int64_t at_most,
                   std::int64_t& dropped);

/// The pending entries that match and have not expired at `now`, each once.
int ReadPendingEntries(Connection& connection, const KeySpace& keys, const KeyPattern& pattern,
                       WallTime now, std::vector<PendingEntry>& entries);

int CountPendingWrites(Connection& connection, std::string_view prefix, std::uint64_t& count);

/// Sums the counters of all pending writes; those made on the day of `now` also count in `today`.
int SumPendingCounters(Connection& connection, std::string_view prefix, WallTime now,
                       CounterTotals& totals);
/// Adds the counters of all pending writes to the hours or days in which they were made.
int SumPendingCounterRange(Connection& connection, std::string_view prefix,
                           const CounterRange& range, CounterSeries& series);

}  // namespace vcache::cache
