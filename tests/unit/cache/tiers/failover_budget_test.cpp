#include "vcache/cache/tiers/failover_budget.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>

#include "support/budget_store_conformance.h"
#include "support/fake_clock.h"
#include "support/recording_logger.h"
#include "vcache/core/random_id.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using test::kNever;
using test::MakeChange;
using test::MakeClaim;
using test::MakeWindow;

namespace {

/// Sums that can be away, and lose a reply.
class FaultyBudget final : public BudgetStore {
 public:
  std::atomic<bool> away{false};
  bool loses_replies = false;
  std::atomic<bool> refuses_adjustments{false};  ///< As when it falls away between two commands.
  std::function<void()> before_reserve = [] {};
  MemoryBudgetStore behind;
  int adjustments = 0;

  BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) override {
    before_reserve();
    if (away) return {.reason = "away"};
    return behind.Reserve(claims, deadline);
  }
  Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) override {
    if (away) return Error{ErrorCode::kStoreUnavailable, "away"};
    if (refuses_adjustments) return Error{ErrorCode::kStoreUnavailable, "away again"};
    ++adjustments;
    Result<void> done = behind.Adjust(adjustment, deadline);
    if (loses_replies) return Error{ErrorCode::kStoreUnavailable, "late"};
    return done;
  }
  Result<std::vector<Usd>> Read(std::span<const BudgetWindow> windows, Deadline deadline) override {
    if (away) return Error{ErrorCode::kStoreUnavailable, "away"};
    return behind.Read(windows, deadline);
  }
  bool available() const noexcept override { return !away; }
};

struct FailoverBudgetFixture {
  FaultyBudget shared;
  MemoryBudgetOutbox disk;
  test::FakeClock clock;
  test::RecordingLogger logger;
  FailoverBudget budget{shared, &disk, clock, logger};

  BudgetAnswer Reserve(std::int64_t amount, std::int64_t limit = 1'000) {
    const std::vector<BudgetClaim> claims = {MakeClaim("day", amount, limit)};
    return budget.Reserve(claims, kNever);
  }
  bool Granted(std::int64_t amount) { return Reserve(amount).outcome == BudgetOutcome::kGranted; }
  void Change(std::int64_t amount, const std::string& id = RandomId()) {
    CHECK(budget.Adjust({id, {MakeChange("day", amount)}}, kNever));
  }
  std::int64_t Shared() { return behind("day"); }
  std::int64_t behind(const std::string& name) {
    const std::vector<BudgetWindow> windows = {MakeWindow(name)};
    return shared.behind.Read(windows, kNever)->front().micros();
  }
  std::int64_t Known() {
    const std::vector<BudgetWindow> windows = {MakeWindow("day")};
    return budget.Read(windows, kNever)->front().micros();
  }
};

class MemoryBudgetFixture final : public test::BudgetUnderTest {
 public:
  BudgetStore& replica(std::size_t) override { return store_; }
  std::size_t replicas() const override { return 1; }

 private:
  MemoryBudgetStore store_;
};

class TwoFailoverBudgets final : public test::BudgetUnderTest {
 public:
  BudgetStore& replica(std::size_t number) override { return number == 0 ? one_ : two_; }
  std::size_t replicas() const override { return 2; }

 private:
  MemoryBudgetStore shared_;
  test::FakeClock clock_;
  FailoverBudget one_{shared_, nullptr, clock_, NullLogger()};
  FailoverBudget two_{shared_, nullptr, clock_, NullLogger()};
};

}  // namespace

TEST_CASE("MemoryBudgetStore: keeps every promise of a BudgetStore") {
  test::RunBudgetStoreConformance([] { return std::make_unique<MemoryBudgetFixture>(); });
}

TEST_CASE("MemoryBudgetOutbox: what waits is delivered as it was sealed") {
  MemoryBudgetOutbox outbox;
  test::RunBudgetOutboxConformance(outbox);
}

TEST_CASE("FailoverBudget: keeps every promise of a BudgetStore") {
  test::RunBudgetStoreConformance([] { return std::make_unique<TwoFailoverBudgets>(); });
}

TEST_CASE("BudgetWindow: days and months end where UTC says, leap years and Decembers too") {
  const auto at = [](int y, unsigned m, unsigned d, int hours) {
    return WallTime(std::chrono::sys_days(std::chrono::year(y) / int(m) / int(d)) +
                    std::chrono::hours(hours));
  };
  CHECK(BudgetDay({}, at(2026, 11, 21, 23)).name == "2026-11-21");
  CHECK(BudgetMonth("sapling", at(2026, 11, 21, 23)).name == "sapling:2026-11");
  CHECK(BudgetDay({}, at(2026, 11, 21, 0)).life == std::chrono::days(2));
  CHECK(BudgetMonth({}, at(2026, 11, 21, 0)).life == std::chrono::days(40));
  CHECK(EndOfBudgetDay(at(2028, 2, 28, 0)) == at(2028, 2, 29, 0));
  CHECK(EndOfBudgetDay(at(2026, 12, 31, 5)) == at(2027, 1, 1, 0));
  CHECK(EndOfBudgetMonth(at(2026, 12, 31, 5)) == at(2027, 1, 1, 0));
  CHECK(EndOfBudgetMonth(at(2028, 1, 31, 23)) == at(2028, 2, 1, 0));
}

TEST_CASE("FailoverBudget: in an outage a tenth of what was left, and not again after a while") {
  FailoverBudgetFixture world;
  CHECK(world.Granted(200));
  world.shared.away = true;
  CHECK(world.Granted(50));
  CHECK(world.Granted(30));
  const auto refused = world.Reserve(1);
  CHECK(refused.outcome == BudgetOutcome::kRefused);
  CHECK(refused.is_local);
  CHECK(world.Known() == 280);
  world.clock.Advance(std::chrono::hours(1));
  CHECK_FALSE(world.Granted(1));
  // What is given back may be spent again.
  world.Change(-10);
  CHECK(world.Granted(10));
  CHECK_FALSE(world.Granted(1));

  world.shared.away = false;
  CHECK(world.budget.DeliverNow());
  CHECK(world.Shared() == 280);
  CHECK(world.Known() == 280);
  // Away again at once: the next tenth is one of what is left now.
  world.shared.away = true;
  CHECK(world.Granted(72));
  CHECK_FALSE(world.Granted(1));
}

TEST_CASE("FailoverBudget: a replica that never saw a sum takes a tenth of the limit") {
  FailoverBudgetFixture world;
  world.shared.away = true;
  CHECK_FALSE(world.Granted(101));
  CHECK(world.Granted(100));
  CHECK_FALSE(world.Granted(1));
  CHECK(world.Reserve(0).outcome == BudgetOutcome::kGranted);
}

TEST_CASE("FailoverBudget: what waits counts before it is delivered, and once after it") {
  FailoverBudgetFixture world;
  CHECK(world.Granted(100));
  world.shared.away = true;
  CHECK(world.Granted(90));
  world.shared.away = false;
  const auto other = world.shared.behind.Reserve(
      std::vector<BudgetClaim>{MakeClaim("day", 800, 1'000)}, kNever);  // another replica
  CHECK(other.outcome == BudgetOutcome::kGranted);
  // 100 + 800 in the shared sum and 90 waiting: 10 are left, which a refusal makes sure of.
  CHECK_FALSE(world.Granted(11));
  CHECK(world.Shared() == 990);
  CHECK(world.Granted(10));
  CHECK(world.Shared() == 1'000);
}

TEST_CASE("FailoverBudget: an adjustment with a lost reply waits under its id and counts once") {
  FailoverBudgetFixture world;
  CHECK(world.Granted(500));
  world.shared.loses_replies = true;
  world.Change(-100);
  CHECK(world.Shared() == 400);
  world.shared.loses_replies = false;
  CHECK(world.budget.DeliverNow());
  CHECK(world.Shared() == 400);
  CHECK(world.Known() == 400);
}

TEST_CASE("FailoverBudget: a delivery that fails on the way to recovery loses no spent money") {
  for (const bool has_disk : {true, false}) {
    CAPTURE(has_disk);
    FailoverBudgetFixture world;
    FailoverBudget budget(world.shared, has_disk ? &world.disk : nullptr, world.clock,
                          world.logger);
    const auto spend = [&](std::int64_t amount) {
      const std::vector<BudgetClaim> claims = {MakeClaim("day", amount, 1'000)};
      return budget.Reserve(claims, kNever).outcome == BudgetOutcome::kGranted;
    };
    world.shared.away = true;
    CHECK(spend(60));
    world.shared.away = false;  // it is back, and refuses what waits
    world.shared.refuses_adjustments = true;
    for (int i = 0; i < 2; ++i) CHECK_FALSE(budget.DeliverNow());
    CHECK(world.Shared() == 0);
    world.shared.away = true;
    CHECK_FALSE(spend(50));  // the 60 still count
    CHECK(spend(40));
    world.shared.away = false;
    world.shared.refuses_adjustments = false;
    CHECK(budget.DeliverNow());
    CHECK(world.Shared() == 100);
  }
}

TEST_CASE("FailoverBudget: what is given back in an outage is not spent before it is delivered") {
  FailoverBudgetFixture world;
  CHECK(world.Granted(1'000));
  world.shared.away = true;
  world.Change(-300);
  CHECK(world.Granted(10));  // a tenth of nothing, and what is known to be free
  world.shared.away = false;
  CHECK(world.Reserve(290).outcome == BudgetOutcome::kGranted);  // delivered first
  CHECK(world.Shared() == 1'000);
  CHECK_FALSE(world.Granted(1));
}

TEST_CASE("FailoverBudget: an adjustment does not overtake what waits for the same sum") {
  FailoverBudgetFixture world;
  world.shared.away = true;
  CHECK(world.Granted(100));
  world.shared.away = false;
  world.Change(-40);  // settled before the 100 are in the shared sum
  CHECK(world.Shared() == 0);
  CHECK(world.budget.DeliverNow());
  CHECK(world.Shared() == 60);
}

TEST_CASE("FailoverBudget: what an earlier run left behind is known at the start") {
  FailoverBudgetFixture world;
  CHECK(world.disk.PutPending({"", {MakeChange("day", 95)}}, kNever));
  FailoverBudget later(world.shared, &world.disk, world.clock, NullLogger());
  world.shared.away = true;
  const std::vector<BudgetClaim> claims = {MakeClaim("day", 6, 1'000)};
  CHECK(later.Reserve(claims, kNever).outcome == BudgetOutcome::kRefused);
  world.shared.away = false;
  CHECK(later.DeliverNow());
  CHECK(world.Shared() == 95);
}

TEST_CASE("FailoverBudget: without a disk it tells that what waited is lost with the process") {
  FaultyBudget shared;
  test::FakeClock clock;
  test::RecordingLogger logger;
  {
    FailoverBudget budget(shared, nullptr, clock, logger);
    shared.away = true;
    const std::vector<BudgetClaim> claims = {MakeClaim("day", 100, 1'000)};
    CHECK(budget.Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
    CHECK(budget.Reserve(claims, kNever).outcome == BudgetOutcome::kRefused);
  }
  REQUIRE(logger.lines().size() == 2);  // one for the outage, however many asked
  CHECK(logger.lines()[0].level == LogLevel::kWarn);
  CHECK(logger.lines()[1].level == LogLevel::kError);
}

TEST_CASE("FailoverBudget: a crowd in an outage gets exactly the tenth") {
  FailoverBudgetFixture world;
  world.shared.away = true;
  std::atomic<int> granted{0};
  std::vector<std::thread> askers;
  for (int i = 0; i < 40; ++i) {
    askers.emplace_back([&] {
      if (world.Granted(10)) ++granted;
    });
  }
  for (std::thread& asker : askers) asker.join();
  CHECK(granted == 10);
  world.shared.away = false;
  CHECK(world.budget.DeliverNow());
  CHECK(world.Shared() == 100);
}

TEST_CASE("FailoverBudget: its thread delivers when the shared store is back") {
  FailoverBudgetFixture world;
  world.budget.Start();
  world.shared.away = true;
  CHECK(world.Granted(10));
  world.shared.away = false;
  while (world.Shared() != 10) {
    world.clock.Advance(std::chrono::milliseconds(50));
    std::this_thread::yield();
  }
  world.budget.Stop();
  CHECK(world.disk.SumPending(kNever)->empty());
}

TEST_CASE("FailoverBudget: what its end loses is one line, however often it is stopped") {
  FaultyBudget shared;
  test::FakeClock clock;
  test::RecordingLogger logger;
  {
    FailoverBudget budget(shared, nullptr, clock, logger);
    shared.away = true;
    CHECK(budget.Adjust({RandomId(), {MakeChange("day", 10)}}, kNever));
    budget.Stop();
    budget.Stop();
  }
  CHECK(logger.Count(LogLevel::kError) == 1);
}
