#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;          // NOLINT: a test
using namespace vcache::config;  // NOLINT: a test
using test::Having;

namespace {

Settings LoadBudget(EnvFile values) {
  const auto settings = LoadSettings(Having(std::move(values)));
  if (!settings) FAIL(settings.error().message);
  return *settings;
}

/// The one complaint about these values, or an empty text.
std::string BudgetComplaint(EnvFile values) {
  const auto settings = LoadSettings(Having(std::move(values)));
  return settings ? std::string() : settings.error().message;
}

}  // namespace

TEST_CASE("LoadSettings: a budget is an amount above 0, and none unless it is set") {
  const Settings none = LoadBudget({});
  CHECK_FALSE(none.budget.daily_micros);
  CHECK_FALSE(none.budget.monthly_micros);
  CHECK_FALSE(none.detection.sapling.monthly_budget_micros);
  const Settings some = LoadBudget({{"DAILY_BUDGET_USD", "12.5"},
                                    {"MONTHLY_BUDGET_USD", "1000000"},
                                    {"SAPLING_MONTHLY_BUDGET_USD", "0.000001"}});
  CHECK(some.budget.daily_micros == 12'500'000);
  CHECK(some.budget.monthly_micros == 1'000'000'000'000);
  CHECK(some.detection.sapling.monthly_budget_micros == 1);
  CHECK_FALSE(some.detection.openai.monthly_budget_micros);
  for (const char* bad : {"0", "0.0", "-1", "1000000.000001", "1.0000001", "1e3", "$5", "x"}) {
    CHECK(BudgetComplaint({{"DAILY_BUDGET_USD", bad}}).starts_with("DAILY_BUDGET_USD"));
    CHECK(BudgetComplaint({{"OPENAI_MONTHLY_BUDGET_USD", bad}}).starts_with("OPENAI_MONTHLY"));
  }
}

TEST_CASE("LoadSettings: a day's budget above the month's is a mistake") {
  CHECK(BudgetComplaint({{"DAILY_BUDGET_USD", "5.5"}, {"MONTHLY_BUDGET_USD", "5"}}) ==
        "DAILY_BUDGET_USD (5.5) is more than MONTHLY_BUDGET_USD (5).");
  CHECK(LoadBudget({{"DAILY_BUDGET_USD", "5"}, {"MONTHLY_BUDGET_USD", "5"}}).budget.daily_micros);
}
