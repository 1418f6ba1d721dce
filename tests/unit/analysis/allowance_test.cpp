// On whose behalf a content is paid for.
#include "vcache/analysis/allowance.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "support/gate.h"
#include "support/recording_logger.h"
#include "unit/analysis/shared_store_fixture.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/analysis/budget.h"
#include "vcache/cache/memory/memory_budget.h"

using namespace vcache;
using namespace std::chrono_literals;
using analysis::AnalysisService;
using analysis::CacheStatus;

namespace {

/// Lets so many be paid for.
class CountedAllowance final : public analysis::Allowance {
 public:
  explicit CountedAllowance(int left, std::optional<analysis::CallerBudget> budget = {})
      : left_(left), budget_(std::move(budget)) {}

  std::optional<Error> Take() override {
    if (hold != nullptr) hold->Pass();
    if (left_.fetch_sub(1) > 0) return std::nullopt;
    ++left_;
    return Refusal();
  }
  std::optional<Error> Look() override {
    return left_ > 0 ? std::nullopt : std::optional(Refusal());
  }
  void GiveBack() override { ++left_; }
  std::optional<analysis::CallerBudget> budget() const override { return budget_; }

  int left() const { return left_; }
  test::Gate* hold = nullptr;  ///< Passed before each answer.

 private:
  static Error Refusal() { return {ErrorCode::kRateLimited, "Used up."}; }

  std::atomic<int> left_;
  const std::optional<analysis::CallerBudget> budget_;
};

struct AllowanceFixture : test::OneVendorFixture {
  explicit AllowanceFixture(analysis::BudgetOptions limits = {})
      : budget(sums, clock, logger, std::move(limits)),
        service(with_memory, panel, nobody, clock, {}, {&shared, &notifier, &budget}) {}

  Result<analysis::Analysis> Ask(std::string_view text,
                                 const std::shared_ptr<CountedAllowance>& allowance) {
    return Begin(text, allowance).get();
  }
  std::future<Result<analysis::Analysis>> Begin(
      std::string_view text, const std::shared_ptr<CountedAllowance>& allowance) {
    analysis::Content content = test::TextContent(text);
    content.allowance = allowance;
    auto told = std::make_shared<std::promise<Result<analysis::Analysis>>>();
    auto answer = told->get_future();
    service.AnalyzeLater(std::move(content), Deadline::Never(),
                         [told](auto result) { told->set_value(std::move(result)); });
    return answer;
  }

  test::RecordingLogger logger;
  cache::MemoryBudgetStore sums;
  analysis::Budget budget;
  cache::MemoryStore memory{{.max_ttl = 300s}, clock};
  cache::TieredStore with_memory{&memory, &shared};
  AnalysisService service;
};

}  // namespace

TEST_CASE("Allowance: a paid call takes one; what is known takes none, and is had without any") {
  AllowanceFixture fixture;
  const auto two = std::make_shared<CountedAllowance>(2);
  CHECK(fixture.Ask("a", two));
  CHECK(fixture.Ask("a", two)->status == CacheStatus::kHit);
  CHECK(two->left() == 1);
  CHECK(fixture.Ask("b", two));
  const auto refused = fixture.Ask("c", two);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kRateLimited);
  CHECK(fixture.Ask("b", two)->status == CacheStatus::kHit);
  CHECK(fixture.vendor->calls == 2);
}

TEST_CASE("Allowance: a call that certainly cost nothing is given back, others are not") {
  AllowanceFixture fixture;
  const auto one = std::make_shared<CountedAllowance>(1);
  fixture.vendor->answer = [](const auto&) -> Result<detection::Detection> {
    return Error{ErrorCode::kVendorUnavailable, "no", Charge::kNone};
  };
  CHECK_FALSE(fixture.Ask("free", one));
  CHECK(one->left() == 1);
  fixture.vendor->answer = [](const auto&) -> Result<detection::Detection> {
    return Error{ErrorCode::kVendorInvalidAnswer, "no", Charge::kUnknown};
  };
  CHECK_FALSE(fixture.Ask("dear", one));
  CHECK(one->left() == 0);
}

TEST_CASE("Allowance: who waits for the same content pays when its leader may not") {
  AllowanceFixture fixture;
  test::Gate gate;
  const auto none = std::make_shared<CountedAllowance>(0);
  none->hold = &gate;
  const auto neither = std::make_shared<CountedAllowance>(0);
  const auto some = std::make_shared<CountedAllowance>(5);
  auto leader = fixture.Begin("wanted", none);
  gate.AwaitArrivals(1);
  auto first = fixture.Begin("wanted", neither);
  auto second = fixture.Begin("wanted", some);
  gate.Open();
  CHECK(second.get());
  CHECK(first.get());
  CHECK(leader.get());
  CHECK(some->left() == 4);
  CHECK(fixture.vendor->calls == 1);
}

TEST_CASE("Allowance: when nobody who waits may pay, all are refused and nothing is paid") {
  AllowanceFixture fixture;
  test::Gate gate;
  const auto none = std::make_shared<CountedAllowance>(0);
  none->hold = &gate;
  const auto neither = std::make_shared<CountedAllowance>(0);
  auto leader = fixture.Begin("wanted", none);
  gate.AwaitArrivals(1);
  auto follower = fixture.Begin("wanted", neither);
  gate.Open();
  CHECK(leader.get().error().code == ErrorCode::kRateLimited);
  CHECK(follower.get().error().code == ErrorCode::kRateLimited);
  CHECK(fixture.vendor->calls == 0);
}

TEST_CASE("Allowance: a budget of the caller's own, which others do not share") {
  AllowanceFixture fixture;
  const auto budget = [](const char* name) {
    return std::make_shared<CountedAllowance>(
        9, analysis::CallerBudget{name, Usd::FromMicros(20'000)});
  };
  const auto site = budget("key:site");
  CHECK(fixture.Ask("a", site));
  CHECK(fixture.Ask("b", site));
  const auto refused = fixture.Ask("c", site);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kRateLimited);
  CHECK(refused.error().retry_after.has_value());
  CHECK(site->left() == 7);  // the refused one was given back
  CHECK(fixture.Ask("c", budget("key:other")));
  CHECK(fixture.vendor->calls == 3);
}

TEST_CASE("Allowance: the service's own budget is the reason when both are spent") {
  AllowanceFixture fixture({.all = {.daily = Usd::FromMicros(10'000)}});
  const auto site = std::make_shared<CountedAllowance>(
      9, analysis::CallerBudget{"key:site", Usd::FromMicros(10'000)});
  CHECK(fixture.Ask("a", site));
  const auto refused = fixture.Ask("b", site);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kBudgetExhausted);
  CHECK(site->left() == 8);
}
