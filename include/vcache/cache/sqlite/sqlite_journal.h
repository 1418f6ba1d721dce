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
  /// `CACHE_DIR`, as for `OpenSqliteStore`; the same database.
  std::filesystem::path directory;
  /// How long a call waits for other threads and processes. Short: a client waits for the verdict,
  /// and a paid call without a note is better than a late one. No call waits after
  /// one that waited in vain, until one succeeds.
  std::chrono::milliseconds busy_timeout{500};
};

/// The journal in the local store. A note survives `kill -9`, and a loss of power if the disk keeps
/// what it synced. A note belongs to the process that opened the journal, identified by boot,
/// process id and start time; processes that share a file must see each other in /proc. One log
/// line says that notes cannot be written, one that they can again. The clock and the logger must
/// outlive it. Errors: as `OpenSqliteStore`; kIo when /proc cannot identify this process.
Result<std::unique_ptr<CallJournal>> OpenSqliteJournal(SqliteJournalOptions options, KeySpace keys,
                                                       Clock& clock, Logger& logger);

}  // namespace vcache::cache
