#pragma once

#include <memory>

#include "app/wiring/stores.h"
#include "vcache/analysis/budget.h"
#include "vcache/cache/memory/memory_budget.h"
#include "vcache/cache/sqlite/sqlite_budget.h"
#include "vcache/cache/tiers/failover_budget.h"
#include "vcache/config/settings.h"

namespace vcache::app {

/// The stores of the budget's sums, in the order of construction.
struct BudgetStores {
  std::unique_ptr<cache::MemoryBudgetStore> memory;  ///< Set without another store.
  std::unique_ptr<cache::SqliteBudgetStore> local;
  std::unique_ptr<cache::BudgetStore> redis;
  std::unique_ptr<cache::FailoverBudget> failover;  ///< Over `redis`, otherwise over `local`.

  cache::BudgetStore& store() const;
  bool durable() const noexcept { return failover != nullptr; }
};

analysis::BudgetOptions BudgetOptionsOf(const config::Settings& settings);

/// Opens the budget's stores; `stores` must outlive them. In memory without limits or local store.
BudgetStores OpenBudgets(const config::Settings& settings, const Stores& stores, Clock& clock,
                         Logger& logger);

/// Logs at start the spending limits, and where they are counted.
void ReportBudget(const analysis::BudgetOptions& limits, const BudgetStores& stores,
                  Logger& logger);

}  // namespace vcache::app
