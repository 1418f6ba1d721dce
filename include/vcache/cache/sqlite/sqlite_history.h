#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "vcache/cache/history_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

struct SqliteHistoryOptions {
  /// `CACHE_DIR`, as for `OpenSqliteStore`; the same database.
  std::filesystem::path directory;
  std::chrono::milliseconds busy_timeout{2'000};
  HistoryLimits limits{};
};

/// Histories in the local store, for a service without a shared one. Errors: as `OpenSqliteStore`.
/// The clock must outlive it.
Result<std::unique_ptr<HistoryStore>> OpenSqliteHistory(SqliteHistoryOptions options, KeySpace keys,
                                                        Clock& clock);

}  // namespace vcache::cache
