#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;          // NOLINT: a test
using namespace vcache::config;  // NOLINT: a test
using test::Having;
using test::Load;

namespace {

/// The one complaint about these values, or an empty text.
std::string BudgetComplaint(EnvFile values) {
  const auto settings = LoadSettings(Having(std::move(values)));
  return settings ? std::string() : settings.error().message;
}

}  // namespace

TEST_CASE("LoadSettings: a budget is an amount above 0, and none unless it is set") {
  const Settings none = Load({});
  CHECK_FALSE(none.budget.daily);
  CHECK_FALSE(none.budget.monthly);
  CHECK_FALSE(none.detection.vendors[VendorId::kSapling].monthly_budget);
  const Settings some = Load({{"DAILY_BUDGET_USD", "12.5"},
                              {"MONTHLY_BUDGET_USD", "1000000"},
                              {"SAPLING_MONTHLY_BUDGET_USD", "0.000001"}});
  CHECK(some.budget.daily->micros() == 12'500'000);
  CHECK(some.budget.monthly->micros() == 1'000'000'000'000);
  CHECK(some.detection.vendors[VendorId::kSapling].monthly_budget == Usd::FromMicros(1));
  CHECK_FALSE(some.detection.vendors[VendorId::kOpenAi].monthly_budget);
  for (const char* bad : {"0", "0.0", "-1", "1000000.000001", "1.0000001", "1e3", "$5", "x"}) {
    CHECK(BudgetComplaint({{"DAILY_BUDGET_USD", bad}}).starts_with("DAILY_BUDGET_USD"));
    CHECK(BudgetComplaint({{"OPENAI_MONTHLY_BUDGET_USD", bad}}).starts_with("OPENAI_MONTHLY"));
  }
}

TEST_CASE("LoadSettings: a day's budget above the month's is a mistake") {
  CHECK(BudgetComplaint({{"DAILY_BUDGET_USD", "5.5"}, {"MONTHLY_BUDGET_USD", "5"}}) ==
        "DAILY_BUDGET_USD (5.5) is more than MONTHLY_BUDGET_USD (5).");
  CHECK(Load({{"DAILY_BUDGET_USD", "5"}, {"MONTHLY_BUDGET_USD", "5"}}).budget.daily);
}

TEST_CASE("LoadSettings: the limits of one analysis, and none unless they are set") {
  const Settings none = Load({});
  CHECK_FALSE(none.budget.dearest_call);
  CHECK(none.budget.longest_video.count() == 0);
  const Settings some = Load({{"MAX_COST_PER_CALL_USD", "0.6"}, {"MAX_VIDEO_SECONDS", "90"}});
  CHECK(some.budget.dearest_call->micros() == 600'000);
  CHECK(some.budget.longest_video == std::chrono::seconds(90));
  CHECK(BudgetComplaint({{"MAX_COST_PER_CALL_USD", "0"}}).starts_with("MAX_COST_PER_CALL_USD"));
  CHECK(BudgetComplaint({{"MAX_VIDEO_SECONDS", "-1"}}).starts_with("MAX_VIDEO_SECONDS"));
  CHECK(BudgetComplaint({{"MAX_VIDEO_SECONDS", "1m"}}).starts_with("MAX_VIDEO_SECONDS"));
}

TEST_CASE("LoadSettings: what prices are for") {
  const Settings none = Load({});
  CHECK(none.detection.sightengine_operations == 5);
  CHECK(none.detection.custom.cost_unit == CostUnit::kCall);
  CHECK(none.detection.custom.units_pointer.empty());
  const Settings some = Load({{"SIGHTENGINE_OPERATIONS_PER_IMAGE", "0"}});
  CHECK(some.detection.sightengine_operations == 0);
  CHECK(BudgetComplaint({{"CUSTOM_COST_PER", "minute"}}).starts_with("CUSTOM_COST_PER"));
}
