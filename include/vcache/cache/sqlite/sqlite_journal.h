#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "vcache/cache/call_journal.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"

namespace vcache::cache {

struct SqliteJournalOptions {
  /// `CACHE_DIR`, as for `OpenSqliteStore`: the notes are in the same database.
  std::filesystem::path directory;
  /// How long a call waits for other threads and processes. Short: somebody waits for the verdict,
  /// and a call without its note is better than a late one.
  std::chrono::milliseconds busy_timeout{1'000};
};

/// The journal in the local store. A note survives `kill -9` and, as far as the disk keeps what it
/// was told to sync, a loss of power. It belongs to the process that opened the journal, known by
/// the machine's boot, its id and its start time: processes that share a file must see each other
/// in /proc. A journal that takes no notes says so once in the log, and once that it does again.
/// The clock and the logger must outlive it. Errors as those of `OpenSqliteStore`, and kIo when
/// /proc does not tell who we are.
Result<std::unique_ptr<CallJournal>> OpenSqliteJournal(SqliteJournalOptions options, KeySpace keys,
                                                       Clock& clock, Logger& logger);

}  // namespace vcache::cache
