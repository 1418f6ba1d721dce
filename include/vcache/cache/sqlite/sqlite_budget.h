#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "vcache/cache/budget_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

struct SqliteBudgetOptions {
  /// `CACHE_DIR`, as for `OpenSqliteStore`; the same database.
  std::filesystem::path directory;
  /// How long a call waits for other threads and processes; not at all after one that waited in
  /// vain, until one succeeds.
  std::chrono::milliseconds busy_timeout{2'000};
};

/// Sums in the local store, shared by all processes that use its file. It is the budget of a
/// service without a shared store, and else the outbox of the shared one. Survives restarts and
/// `kill -9`. Thread-safe; uses one connection.
class SqliteBudgetStore : public BudgetStore, public BudgetOutbox {};

/// Errors: as `OpenSqliteStore`. The clock must outlive the store.
Result<std::unique_ptr<SqliteBudgetStore>> OpenSqliteBudget(SqliteBudgetOptions options,
                                                            KeySpace keys, Clock& clock);

}  // namespace vcache::cache
