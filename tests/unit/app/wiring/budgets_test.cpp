#include "app/wiring/budgets.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"
#include "support/never.h"
#include "support/recording_logger.h"
#include "support/temp_dir.h"

using namespace vcache;  // NOLINT: a test

namespace {

const std::vector<detection::VendorPrice> kPrices = {{"sapling", Usd::FromMicros(300'000)}};

/// A start of the service on `directory` ("" for none), as far as the budget goes.
struct BudgetStart {
  explicit BudgetStart(const std::filesystem::path& directory, std::int64_t daily = 1'000'000) {
    settings.cache.directory = directory;
    if (daily > 0) settings.budget.daily = Usd::FromMicros(daily);
    settings.detection.vendors[VendorId::kSapling].monthly_budget = Usd::FromMicros(500'000);
    stores = *app::OpenStores(settings, clock, logger);
    budgets = app::OpenBudgets(settings, stores, clock, logger);
    app::ReportBudget(app::BudgetOptionsOf(settings), budgets, logger);
  }
  bool Logged(const std::string& part) const {
    for (const auto& line : logger.lines()) {
      if ((line.message + line.fields).find(part) != std::string::npos) return true;
    }
    return false;
  }

  test::FakeClock clock;
  test::RecordingLogger logger;
  config::Settings settings;
  app::Stores stores;
  app::BudgetStores budgets;
};

}  // namespace

TEST_CASE("OpenBudgets: with a local store what was spent survives a restart") {
  test::TempDir dir;
  for (const bool granted : {true, false}) {
    BudgetStart start(dir.path());
    CHECK(start.budgets.durable());
    CHECK(start.Logged("of=all vendors daily_usd=1.000000 counted_in=sqlite"));
    CHECK(start.Logged("of=sapling monthly_usd=0.500000"));
    CHECK(start.logger.Count(LogLevel::kWarn) == 0);
    analysis::Budget budget(start.budgets.store(), start.clock, start.logger,
                            app::BudgetOptionsOf(start.settings));
    CHECK(budget.Reserve(kPrices, test::kNever).has_value() == granted);
  }
}

TEST_CASE("OpenBudgets: without any store it counts in memory and says so") {
  BudgetStart start("");
  CHECK_FALSE(start.budgets.durable());
  CHECK(start.Logged("counted_in=memory"));
  CHECK(start.logger.Count(LogLevel::kWarn) == 1);
  analysis::Budget budget(start.budgets.store(), start.clock, start.logger,
                          app::BudgetOptionsOf(start.settings));
  CHECK(budget.Reserve(kPrices, test::kNever));
  CHECK_FALSE(budget.Reserve(kPrices, test::kNever));
}
