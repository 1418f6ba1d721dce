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
  /// `CACHE_DIR`; created when absent. The database is `verdictcache.db` in it.
  std::filesystem::path directory;
  EntryFormatOptions format;
  /// Serve entries marked `demo` (only with a sandbox).
  bool accept_demo = false;
  /// `CACHE_TTL_ANALYSIS`, `CACHE_TTL_TEXT`: no entry is served for longer from now on, whenever it
  /// was stored.
  std::chrono::milliseconds ttl_analysis = std::chrono::hours(24 * 3650);
  std::chrono::milliseconds ttl_text = std::chrono::hours(24 * 3650);
  /// How long a statement waits for another process's write.
  std::chrono::milliseconds busy_timeout{2'000};
};

/// The local store: verdicts, counters and the outbox in an SQLite database (WAL). Several
/// processes of one machine may share it, never over a network file system (rule P3). Survives
/// restarts and `kill -9`. On a full disk it takes no verdicts and still serves hits. When the file
/// is damaged, it turns itself off and answers kUnavailable. Each logs one warning; analyses go on.
///
/// Errors: kBadConfiguration when the directory cannot be created or written; kIo when the database
/// is damaged. The clock and the logger must outlive the store.
Result<std::unique_ptr<LocalStore>> OpenSqliteStore(SqliteStoreOptions options, KeySpace keys,
                                                    Clock& clock, Logger& logger);

/// Whether `OpenSqliteStore` would accept the directory. It creates what is missing and a file in
/// it, and removes both again. It reads an existing database without SQLite and changes nothing. Do
/// not call it in a process that has the store open: closing a file drops SQLite's locks on it.
/// Error: kBadConfiguration.
Result<void> CheckSqliteDirectory(const std::filesystem::path& directory);

}  // namespace vcache::cache
