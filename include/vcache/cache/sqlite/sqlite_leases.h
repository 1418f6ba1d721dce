#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "vcache/cache/key_space.h"
#include "vcache/cache/lease_store.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

struct SqliteLeaseOptions {
  /// `CACHE_DIR`, as for `OpenSqliteStore`; the same database.
  std::filesystem::path directory;
  /// How long a claim waits for other threads and processes: a paid call without a lease is better
  /// than a late one. No claim waits after one that waited in vain, until one succeeds.
  std::chrono::milliseconds busy_timeout{500};
};

/// The leases of the processes that share a local store and no Redis. `entries` is that store: its
/// `Put` ends the lease in the same step. A lease belongs to a process, identified as in the
/// journal: when that has ended, its leases have too. Nobody is notified; a process that waits
/// claims again. A claim that cannot be written is kNotGranted. Thread-safe; `entries` and the
/// clock must outlive it. Errors: as `OpenSqliteJournal`.
Result<std::unique_ptr<LeaseStore>> OpenSqliteLeases(SqliteLeaseOptions options, KeySpace keys,
                                                     VerdictStore& entries, Clock& clock);

}  // namespace vcache::cache
