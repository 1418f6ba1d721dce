#include "app/wiring/budgets.h"

#include <algorithm>
#include <string>
#include <utility>

#include "vcache/cache/redis/redis_budget.h"

namespace vcache::app {
namespace {

bool IsLimited(const analysis::BudgetOptions& options) {
  return options.all.any() || !options.vendors.empty();
}

bool HasKeyBudgets(const config::Settings& settings) {
  const auto& keys = settings.access.api_keys;
  return std::any_of(keys.begin(), keys.end(),
                     [](const NamedKey& key) { return key.limits.daily_budget.has_value(); });
}

}  // namespace

cache::BudgetStore& BudgetStores::store() const {
  if (failover != nullptr) return *failover;
  return *memory;
}

analysis::BudgetOptions BudgetOptionsOf(const config::Settings& settings) {
  analysis::BudgetOptions options;
  options.all = {settings.budget.daily, settings.budget.monthly};
  for (const VendorInfo& vendor : kVendors) {
    const auto limit = settings.detection.vendors[vendor.id].monthly_budget;
    if (limit) options.vendors[std::string(vendor.name)].monthly = limit;
  }
  return options;
}

BudgetStores OpenBudgets(const config::Settings& settings, const Stores& stores, Clock& clock,
                         Logger& logger) {
  BudgetStores budgets;
  const bool limited = IsLimited(BudgetOptionsOf(settings)) || HasKeyBudgets(settings);
  if (limited && stores.local != nullptr) {
    auto local = cache::OpenSqliteBudget({.directory = settings.cache.directory},
                                         KeySpaceOf(settings), clock);
    if (local) {
      budgets.local = std::move(*local);
    } else {
      logger.Error("The local store takes no sums of the budget; going on without it",
                   {{"reason", local.error().message}});
    }
  }
  if (limited && stores.link.client != nullptr) {
    budgets.redis = cache::MakeRedisBudgetStore({.one_slot_scripts = stores.link.one_slot_scripts},
                                                KeySpaceOf(settings), *stores.link.client);
    budgets.failover =
        std::make_unique<cache::FailoverBudget>(*budgets.redis, budgets.local.get(), clock, logger);
  } else if (budgets.local != nullptr) {
    budgets.failover =
        std::make_unique<cache::FailoverBudget>(*budgets.local, nullptr, clock, logger);
  } else {
    budgets.memory = std::make_unique<cache::MemoryBudgetStore>();
  }
  return budgets;
}

void ReportBudget(const analysis::BudgetOptions& limits, const BudgetStores& stores,
                  Logger& logger) {
  if (!IsLimited(limits)) {
    logger.Info("Budget: none; vendors are paid for every new content (set DAILY_BUDGET_USD)");
    return;
  }
  const std::string_view counted = stores.redis != nullptr ? "redis"
                                   : stores.durable()      ? "sqlite"
                                                           : "memory";
  const auto report = [&](std::string_view of, const analysis::BudgetLimits& limit) {
    std::vector<LogField> fields = {{"of", of}};
    if (limit.daily) fields.push_back({"daily_usd", limit.daily->dollars()});
    if (limit.monthly) fields.push_back({"monthly_usd", limit.monthly->dollars()});
    fields.push_back({"counted_in", counted});
    logger.Log(LogLevel::kInfo, "Budget", fields);
  };
  if (limits.all.any()) report("all vendors", limits.all);
  for (const auto& [vendor, limit] : limits.vendors) report(vendor, limit);
  if (stores.durable()) return;
  logger.Warn(
      "The budget is counted by this process alone and begins anew at each start (set CACHE_DIR or "
      "REDIS_URL)");
}

}  // namespace vcache::app
