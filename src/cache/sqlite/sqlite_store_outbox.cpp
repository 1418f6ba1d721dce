// The outbox of the local store, and its copies of what the shared store has.
#include <algorithm>

#include "cache/sqlite/sqlite_outbox.h"
#include "cache/sqlite/sqlite_verdict_store.h"
#include "vcache/cache/clear_count.h"

namespace vcache::cache {

Result<void> SqliteVerdictStore::PutPending(const PutRequest& request, Deadline deadline) {
  if (Result<void> valid = CheckPut(request); !valid) return valid;
  const PendingWrite write = PendingOf(request, time_.Now().latest, keys_, options_.format);
  return Write(deadline, [&](Connection& connection) {
    const int code =
        WriteEntry(connection, write.store_key, write.value, ToMillis(write.expires_at));
    return code != SQLITE_OK ? code : WritePending(connection, keys_.prefix(), write);
  });
}

Result<void> SqliteVerdictStore::AddPending(const CounterWrite& added, Deadline deadline) {
  if (added.delta.empty()) return {};
  const PendingWrite write = PendingOf(added);
  return Write(deadline, [&](Connection& connection) {
    return WritePending(connection, keys_.prefix(), write);
  });
}

Result<std::vector<PendingWrite>> SqliteVerdictStore::OldestPending(std::size_t at_most,
                                                                    Deadline deadline) {
  return ReadWith<std::vector<PendingWrite>>(deadline, [&](Connection& connection, auto& writes) {
    return ReadPending(connection, keys_.prefix(), at_most, writes);
  });
}

Result<void> SqliteVerdictStore::RemovePending(const PendingWrite& write, Deadline deadline) {
  return Write(deadline, [&](Connection& connection) { return ErasePending(connection, write); });
}

Result<std::uint64_t> SqliteVerdictStore::DropCleared(std::span<const ClearRecord> clears,
                                                      Deadline deadline) {
  if (clears.empty()) return std::uint64_t{0};
  const auto cleared =
      ReadWith<std::vector<std::int64_t>>(deadline, [&](Connection& connection, auto& numbers) {
        return ReadCleared(connection, keys_, clears, numbers);
      });
  if (!cleared) return cleared.error();
  // In small transactions, so that requests can write in between.
  constexpr std::size_t kAtOnce = 500;
  for (std::span<const std::int64_t> rest = *cleared; !rest.empty();) {
    const auto batch = rest.first(std::min(rest.size(), kAtOnce));
    const Result<void> done = Write(deadline, [&](Connection& connection) {
      int code = SQLITE_OK;
      for (const std::int64_t number : batch) {
        if (code == SQLITE_OK) code = DropPendingEntry(connection, number);
      }
      return code;
    });
    if (!done) return done.error();
    rest = rest.subspan(batch.size());
  }
  return std::uint64_t{cleared->size()};
}

Result<std::optional<std::int64_t>> SqliteVerdictStore::ClearsSeen(Deadline deadline) {
  constexpr std::int64_t kNone = -1;
  const auto seen = ReadWith<std::int64_t>(
      deadline,
      [&](Connection& connection, auto& read) {
        return ReadClearsSeen(connection, keys_.prefix(), read);
      },
      kNone);
  if (!seen) return seen.error();
  return *seen == kNone ? std::optional<std::int64_t>() : *seen;
}

Result<std::int64_t> SqliteVerdictStore::DropStaleCopies(std::int64_t clears, Deadline deadline) {
  const auto before = ClearsSeen(deadline);
  if (!before) return before.error();
  const std::int64_t seen = before->value_or(clears);  // on the first call no clear was missed
  // In small transactions, so that requests can write in between.
  constexpr std::int64_t kAtOnce = 500;
  for (std::int64_t dropped = MayHaveMissedClear(seen, clears) ? kAtOnce : 0; dropped == kAtOnce;) {
    const Result<void> done = Write(deadline, [&](Connection& connection) {
      return DropSomeCopies(connection, keys_.prefix(), kAtOnce, dropped);
    });
    if (!done) return done.error();
  }
  const Result<void> noted = Write(deadline, [&](Connection& connection) {
    return NoteClearsSeen(connection, keys_.prefix(), clears);
  });
  if (!noted) return noted.error();
  return seen;
}

Result<void> SqliteVerdictStore::TrimCopies(std::uint64_t max_bytes, Deadline deadline) {
  constexpr std::int64_t kAtOnce = 500;
  for (std::int64_t dropped = kAtOnce; dropped == kAtOnce;) {
    const auto used = ReadWith<std::int64_t>(
        deadline, [](Connection& connection, auto& bytes) { return ReadUse(connection, bytes); });
    if (!used) return used.error();
    if (static_cast<std::uint64_t>(*used) <= max_bytes) return {};
    const Result<void> done = Write(deadline, [&](Connection& connection) {
      return DropSomeCopies(connection, keys_.prefix(), kAtOnce, dropped);
    });
    if (!done) return done;
  }
  return {};
}

Result<std::vector<StoredCopy>> SqliteVerdictStore::ReadCopies(std::int64_t before,
                                                               std::size_t at_most,
                                                               Deadline deadline) {
  const CopyPage page{before, at_most, ToMillis(time_.Now().earliest)};
  return ReadWith<std::vector<StoredCopy>>(deadline, [&](Connection& connection, auto& copies) {
    return ReadSomeCopies(connection, keys_.prefix(), page, copies);
  });
}

Result<void> SqliteVerdictStore::NoteClear(std::int64_t clears, Deadline deadline) {
  return Write(deadline, [&](Connection& connection) {
    return NoteNextClear(connection, keys_.prefix(), clears);
  });
}

Result<std::uint64_t> SqliteVerdictStore::CountPending(Deadline deadline) {
  return ReadWith<std::uint64_t>(deadline, [&](Connection& connection, auto& count) {
    return CountPendingWrites(connection, keys_.prefix(), count);
  });
}

Result<std::vector<PendingEntry>> SqliteVerdictStore::PendingEntries(const KeyPattern& pattern,
                                                                     Deadline deadline) {
  return ReadWith<std::vector<PendingEntry>>(deadline, [&](Connection& connection, auto& entries) {
    return ReadPendingEntries(connection, keys_, pattern, time_.Now().earliest, entries);
  });
}

Result<CounterTotals> SqliteVerdictStore::SumPending(WallTime now, Deadline deadline) {
  return ReadWith<CounterTotals>(deadline, [&](Connection& connection, auto& totals) {
    return SumPendingCounters(connection, keys_.prefix(), now, totals);
  });
}

Result<CounterSeries> SqliteVerdictStore::SumPendingRange(const CounterRange& range,
                                                          Deadline deadline) {
  if (Result<void> valid = CheckRange(range); !valid) return valid.error();
  return ReadWith<CounterSeries>(
      deadline,
      [&](Connection& connection, auto& series) {
        return SumPendingCounterRange(connection, keys_.prefix(), range, series);
      },
      CounterSeries(range.count));
}

}  // namespace vcache::cache
