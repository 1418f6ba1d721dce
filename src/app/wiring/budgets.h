#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/analysis/budget.h"
#include "vcache/cache/memory/memory_budget.h"
#include "vcache/cache/sqlite/sqlite_budget.h"
#include "vcache/cache/tiers/failover_budget.h"
#include "vcache/config/settings.h"

namespace vcache::app {

/// Where the sums of the budget are kept, in the order of construction.
struct BudgetStores {
  std::unique_ptr<cache::MemoryBudgetStore> memory;  ///< Set when there is nothing else.
  std::unique_ptr<cache::SqliteBudgetStore> local;
  std::unique_ptr<cache::BudgetStore> redis;
  std::unique_ptr<cache::FailoverBudget> failover;  ///< Over `redis`, else over `local`.

  cache::BudgetStore& store() const;
  /// Whether the sums outlive the process.
  bool durable() const noexcept { return failover != nullptr; }
};

analysis::BudgetOptions BudgetOptionsOf(const config::Settings& settings);

/// Beside the stores of verdicts, which must outlive them. Without any limit, and where the local
/// store cannot be opened, in memory.
BudgetStores OpenBudgets(const config::Settings& settings, const Stores& stores, Clock& clock,
                         Logger& logger);

/// Says at start what may be spent, and where that is counted.
void ReportBudget(const analysis::BudgetOptions& limits, const BudgetStores& stores,
                  Logger& logger);

}  // namespace vcache::app
