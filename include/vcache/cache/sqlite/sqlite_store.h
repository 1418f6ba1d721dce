#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "vcache/cache/entry.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/local_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"

namespace vcache::cache {

struct SqliteStoreOptions {
  /// `CACHE_DIR`; made when absent. The database is `verdictcache.db` in it.
  std::filesystem::path directory;
  EntryFormatOptions format;
  /// Serve entries marked `demo` (with a sandbox only).
  bool accept_demo = false;
  /// How long a statement waits for another process's write before it gives up.
  std::chrono::milliseconds busy_timeout{2'000};
};

/// The local store: verdicts, counters and what waits for a shared store in an SQLite database
/// (WAL), shared by several processes of one machine, never on a network file system (rule P3).
/// Survives restarts and `kill -9`. When the disk is full or the file is damaged it turns itself
/// off with one warning and answers kUnavailable from then on: analyses go on without it.
///
/// kBadConfiguration when the directory cannot be made or written, with its path and what to do;
/// kIo when the database is damaged. The clock and the logger must outlive the store.
Result<std::unique_ptr<LocalStore>> OpenSqliteStore(SqliteStoreOptions options, KeySpace keys,
                                                    Clock& clock, Logger& logger);

/// Whether `OpenSqliteStore` would take the directory: it is made where it is missing, a file is
/// made in it, and both are removed again. An existing database is looked at without SQLite and not
/// changed. Not for a process that has the store open: to close a file drops SQLite's locks on it.
/// kBadConfiguration, as at open.
Result<void> CheckSqliteDirectory(const std::filesystem::path& directory);

}  // namespace vcache::cache
