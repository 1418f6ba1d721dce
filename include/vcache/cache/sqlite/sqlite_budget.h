#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "vcache/cache/budget_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

struct SqliteBudgetOptions {
  /// `CACHE_DIR`, as for `OpenSqliteStore`: the sums are in the same database.
  std::filesystem::path directory;
  /// How long a call waits for other processes. Reservations are short and many.
  std::chrono::milliseconds busy_timeout{5'000};
};

/// Sums in the local store, shared by all processes that use its file: the budget of a service
/// without a shared store. With one, the place where changes wait while that is away. Survives
/// restarts and `kill -9`. Thread-safe; one connection of its own.
class SqliteBudgetStore : public BudgetStore, public BudgetOutbox {};

/// Errors as those of `OpenSqliteStore`. The clock must outlive the store.
Result<std::unique_ptr<SqliteBudgetStore>> OpenSqliteBudget(SqliteBudgetOptions options,
                                                            KeySpace keys, Clock& clock);

}  // namespace vcache::cache
