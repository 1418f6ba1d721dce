#include "vcache/analysis/budget.h"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "support/fake_clock.h"
#include "support/never.h"
#include "support/recording_logger.h"
#include "vcache/cache/memory/memory_budget.h"
#include "vcache/cache/tiers/failover_budget.h"

using namespace vcache;            // NOLINT: a test
using namespace vcache::analysis;  // NOLINT: a test
using namespace std::chrono_literals;
using detection::VendorPrice;
using test::kNever;

namespace {

constexpr Usd kCent = Usd::FromMicros(10'000);
using Prices = std::vector<VendorPrice>;

/// Sums in memory that can be away.
class SwitchedBudget final : public cache::BudgetStore {
 public:
  std::atomic<bool> away{false};
  std::atomic<int> calls{0};

  cache::BudgetAnswer Reserve(std::span<const cache::BudgetClaim> claims,
                              Deadline deadline) override {
    ++calls;
    if (away) return {.reason = "away"};
    return behind_.Reserve(claims, deadline);
  }
  Result<void> Adjust(const cache::BudgetAdjustment& adjustment, Deadline deadline) override {
    ++calls;
    if (away) return Error{ErrorCode::kStoreUnavailable, "away"};
    return behind_.Adjust(adjustment, deadline);
  }
  Result<std::vector<Usd>> Read(std::span<const cache::BudgetWindow> windows,
                                Deadline deadline) override {
    if (away) return Error{ErrorCode::kStoreUnavailable, "away"};
    return behind_.Read(windows, deadline);
  }
  bool available() const noexcept override { return !away; }

  Usd Sum(const std::string& name) {
    const std::vector<cache::BudgetWindow> windows = {{name, 1s}};
    return behind_.Read(windows, kNever)->front();
  }

 private:
  cache::MemoryBudgetStore behind_;
};

/// The fake clock starts on 2026-01-01 at midnight.
struct BudgetFixture {
  explicit BudgetFixture(BudgetOptions options)
      : budget(store, clock, logger, std::move(options)) {}

  Result<BudgetReservation> Reserve(Usd price, std::string vendor = "one") {
    return budget.Reserve(Prices{{std::move(vendor), price}}, kNever);
  }
  BudgetState Day() { return *budget.Read(kNever).all.daily; }

  SwitchedBudget store;
  test::FakeClock clock;
  test::RecordingLogger logger;
  Budget budget;
};

BudgetOptions Daily(Usd limit) {
  return {.all = {.daily = limit}};
}

BudgetOptions Both(Usd daily, Usd monthly) {
  return {.all = {.daily = daily, .monthly = monthly}};
}

void SettleAt(BudgetReservation& reservation, Usd charge) {
  reservation.Settle(Prices{{"one", charge}});
}

}  // namespace

TEST_CASE("Budget: without a limit it asks nobody and refuses nothing") {
  BudgetFixture world({});
  CHECK_FALSE(world.budget.limited());
  auto reservation = world.Reserve(kCent * 1'000'000);
  REQUIRE(reservation);
  SettleAt(*reservation, Usd::FromMicros(5));
  CHECK(world.store.calls == 0);
  CHECK_FALSE(world.budget.Read(kNever).all.daily);
}

TEST_CASE("Budget: to the last cent, then refused until midnight UTC") {
  BudgetFixture world(Daily(kCent * 3));
  world.clock.Advance(10h);
  for (int i = 0; i < 3; ++i) {
    auto reservation = world.Reserve(kCent);
    REQUIRE(reservation);
    SettleAt(*reservation, kCent);
  }
  const auto refused = world.Reserve(kCent);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kBudgetExhausted);
  CHECK(CodeName(refused.error().code) == "budget_exhausted");
  CHECK(refused.error().charge == Charge::kNone);
  CHECK(refused.error().retry_after == 14h);
  world.clock.Advance(14h);
  CHECK(world.Reserve(kCent));
  CHECK(world.store.Sum("2026-01-01") == kCent * 3);
  CHECK(world.store.Sum("2026-01-02") == kCent);
}

TEST_CASE("Budget: the month refuses until the first of the next, also where the day does too") {
  BudgetFixture world(Both(kCent * 2, kCent * 2));
  CHECK(world.Reserve(kCent * 2));
  const auto refused = world.Reserve(kCent);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry_after == 31 * 24h);
  world.clock.Advance(24h);
  CHECK_FALSE(world.Reserve(kCent));
  CHECK(world.store.Sum("2026-01-02") == Usd());  // refused by one, set aside in none
  world.clock.Advance(30 * 24h);
  CHECK(world.Reserve(kCent));
}

TEST_CASE("Budget: settled lower, the rest is free; settled higher, the truth counts") {
  BudgetFixture world(Both(kCent * 10, kCent * 100));
  auto low = world.Reserve(kCent * 8);
  REQUIRE(low);
  CHECK_FALSE(world.Reserve(kCent * 3));
  SettleAt(*low, kCent);
  CHECK(world.store.Sum("2026-01-01") == kCent);
  CHECK(world.store.Sum("2026-01") == kCent);
  auto high = world.Reserve(kCent * 9);
  REQUIRE(high);
  SettleAt(*high, kCent * 12);
  CHECK(world.store.Sum("2026-01-01") == kCent * 13);
  CHECK_FALSE(world.Reserve(Usd::FromMicros(1)));
  CHECK(world.Day().remaining == Usd());
}

TEST_CASE("Budget: what a vendor charges above its price counts at once, and is an error") {
  BudgetOptions options = Both(kCent * 100, kCent * 1'000);
  options.vendors["one"] = {.daily = {}, .monthly = kCent * 50};
  BudgetFixture world(options);
  auto dear = world.Reserve(kCent);
  REQUIRE(dear);
  dear->Settle(Prices{{"one", kCent * 40}});
  REQUIRE(world.logger.Count(LogLevel::kError) == 1);
  const std::string fields = world.logger.lines().front().fields;
  CHECK(fields.find("vendor=one") != std::string::npos);
  CHECK(fields.find("set_aside_usd=0.01") != std::string::npos);
  CHECK(fields.find("charged_usd=0.4") != std::string::npos);
  CHECK(world.store.Sum("2026-01-01") == kCent * 40);
  CHECK(world.store.Sum("2026-01") == kCent * 40);
  CHECK(world.store.Sum("one:2026-01") == kCent * 40);
  CHECK_FALSE(world.Reserve(kCent * 11));
  CHECK(world.Reserve(kCent * 10));
  // A vendor that was said to be free is one of them.
  auto free_of_charge = world.Reserve({}, "two");
  REQUIRE(free_of_charge);
  free_of_charge->Settle(Prices{{"two", kCent * 5}});
  CHECK(world.store.Sum("2026-01-01") == kCent * 55);
}

TEST_CASE("Budget: without a limit too, a charge above the price is an error") {
  BudgetFixture world({});
  auto reservation = world.Reserve(kCent);
  REQUIRE(reservation);
  reservation->Settle(Prices{{"one", kCent * 2}});
  CHECK(world.logger.Count(LogLevel::kError) == 1);
  CHECK(world.store.calls == 0);
}

TEST_CASE("Budget: the price that was expected needs no second word with the store") {
  BudgetFixture world(Daily(kCent * 10));
  auto reservation = world.Reserve(kCent);
  REQUIRE(reservation);
  SettleAt(*reservation, kCent);
  SettleAt(*reservation, {});  // only the first word counts
  CHECK(world.store.calls == 1);
  CHECK(world.store.Sum("2026-01-01") == kCent);
}

TEST_CASE("Budget: given back when nothing was charged, kept when nobody knows") {
  BudgetFixture world(Daily(kCent * 10));
  {
    auto dropped = world.Reserve(kCent * 4);
    REQUIRE(dropped);
    CHECK(world.Day().reserved == kCent * 4);
    CHECK(world.Day().spent == Usd());
  }
  CHECK(world.Day().reserved == Usd());
  CHECK(world.Day().spent == kCent * 4);
  auto given_back = world.Reserve(kCent * 6);
  REQUIRE(given_back);
  SettleAt(*given_back, {});
  CHECK(world.Day().spent == kCent * 4);
  CHECK(world.Day().remaining == kCent * 6);
  CHECK(world.Day().resets_at == test::FakeClock::kStart + 24h);
  CHECK_FALSE(world.budget.Read(kNever).all.monthly);
}

TEST_CASE("Budget: of a vendor that the settlement does not name, all stays spent") {
  BudgetFixture world(Daily(kCent * 10));
  auto reservation = world.budget.Reserve(Prices{{"one", kCent}, {"two", kCent * 3}}, kNever);
  REQUIRE(reservation);
  reservation->Settle(Prices{{"one", {}}});
  CHECK(world.store.Sum("2026-01-01") == kCent * 3);
  auto unknown = world.Reserve(kCent);
  REQUIRE(unknown);
  unknown->Settle({});
  CHECK(world.store.Sum("2026-01-01") == kCent * 4);
}

TEST_CASE("Budget: moved, a reservation is settled once, by whoever has it") {
  BudgetFixture world(Daily(kCent * 10));
  auto first = world.Reserve(kCent * 4);
  REQUIRE(first);
  BudgetReservation moved = std::move(*first);
  SettleAt(*first, {});
  CHECK(world.store.Sum("2026-01-01") == kCent * 4);
  auto second = world.Reserve(kCent * 5);
  REQUIRE(second);
  moved = std::move(*second);  // the first is dropped, and so kept as spent
  SettleAt(moved, {});
  CHECK(world.store.Sum("2026-01-01") == kCent * 4);
  CHECK(world.Day().reserved == Usd());
}

TEST_CASE("Budget: what was reserved before midnight is settled in its own day and month") {
  BudgetFixture world(Both(kCent * 10, kCent * 20));
  world.clock.Advance(31 * 24h - 1s);
  auto reservation = world.Reserve(kCent * 8);
  REQUIRE(reservation);
  world.clock.Advance(2s);
  CHECK(world.Day().reserved == Usd());
  CHECK(world.Day().spent == Usd());
  SettleAt(*reservation, kCent * 5);
  CHECK(world.store.Sum("2026-01-31") == kCent * 5);
  CHECK(world.store.Sum("2026-01") == kCent * 5);
  CHECK(world.store.Sum("2026-02-01") == Usd());
  CHECK(world.store.Sum("2026-02") == Usd());
  CHECK(world.Reserve(kCent * 10));
}

TEST_CASE("Budget: a vendor's limit is its own, and one that does not fit stops the whole call") {
  BudgetOptions options = Both(kCent * 100, kCent * 1'000);
  options.vendors["one"] = {.daily = {}, .monthly = kCent * 5};
  BudgetFixture world(options);
  const Prices both = {{"one", kCent * 2}, {"two", kCent * 3}};
  auto first = world.budget.Reserve(both, kNever);
  REQUIRE(first);
  auto second = world.budget.Reserve(both, kNever);
  REQUIRE(second);
  const auto refused = world.budget.Reserve(both, kNever);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry_after == 31 * 24h);
  CHECK(world.Reserve(kCent * 50, "two"));
  CHECK(world.Day().remaining == kCent * 40);
  second->Settle(Prices{{"one", {}}, {"two", kCent * 3}});
  const BudgetReport report = world.budget.Read(kNever);
  CHECK(report.vendors.at("one").monthly->remaining == kCent * 3);
  CHECK(report.vendors.at("one").monthly->reserved == kCent * 2);
  CHECK_FALSE(report.vendors.at("one").daily);
}

TEST_CASE("Budget: a call dearer than the whole limit is never promised for later") {
  BudgetFixture world(Daily(kCent * 5));
  const auto refused = world.Reserve(kCent * 6);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kBudgetExhausted);
  CHECK_FALSE(refused.error().retry_after);
}

TEST_CASE("Budget: one line in the log for each window that is spent") {
  BudgetFixture world(Daily(kCent));
  CHECK(world.Reserve(kCent));
  for (int i = 0; i < 5; ++i) CHECK_FALSE(world.Reserve(kCent));
  CHECK(world.logger.Count(LogLevel::kError) == 1);
  CHECK(world.logger.lines().front().fields.find("window=2026-01-01") != std::string::npos);
  world.clock.Advance(24h);
  CHECK(world.Reserve(kCent));
  CHECK_FALSE(world.Reserve(kCent));
  CHECK(world.logger.Count(LogLevel::kError) == 2);
}

TEST_CASE("Budget: a store that is away, and nothing that stands in for it, refuses for a while") {
  BudgetFixture world(Daily(kCent));
  world.store.away = true;
  const auto refused = world.Reserve(kCent);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kBudgetExhausted);
  CHECK(refused.error().retry_after == 60s);
  CHECK(world.Day().remaining == kCent);
}

TEST_CASE("Budget: an outage between reservation and settlement, and its end, lose nothing") {
  SwitchedBudget store;
  test::FakeClock clock;
  test::RecordingLogger logger;
  cache::FailoverBudget failover(store, nullptr, clock, logger);
  Budget budget(failover, clock, logger, Daily(kCent * 100));
  const auto reserve = [&](std::int64_t cents) {
    return budget.Reserve(Prices{{"one", kCent * cents}}, kNever);
  };
  auto before = reserve(20);
  REQUIRE(before);
  store.away = true;
  before->Settle(Prices{{"one", kCent * 15}});
  auto meanwhile = reserve(8);
  REQUIRE(meanwhile);
  auto kept = reserve(5);  // 8 + 5 - 5 given back are the tenth of the 80 that were left
  CHECK(kept);
  const auto refused = reserve(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kBudgetExhausted);
  CHECK(refused.error().retry_after == 60s);  // not at midnight: the outage may end sooner
  CHECK(budget.Read(kNever).all.daily->remaining == kCent * 72);
  store.away = false;
  meanwhile->Settle(Prices{{"one", {}}});
  CHECK(failover.DeliverNow());
  CHECK(store.Sum("2026-01-01") == kCent * 20);
  CHECK(reserve(80));
  CHECK_FALSE(reserve(1));
}

TEST_CASE("Budget: what it knows without asking the store") {
  BudgetFixture world(Daily(kCent * 10));
  const auto known = [&] { return world.budget.Known().limits.at(0); };
  CHECK(known().limit == kCent * 10);
  CHECK(known().sum == Usd());
  auto first = world.Reserve(kCent * 8);
  REQUIRE(first);
  CHECK(known().sum == kCent * 8);
  CHECK_FALSE(world.Reserve(kCent * 11));  // above the whole limit: the budget is not spent
  CHECK_FALSE(known().is_refused);
  CHECK_FALSE(world.Reserve(kCent * 3));
  CHECK(known().is_refused);
  CHECK(known().sum == kCent * 8);
  SettleAt(*first, kCent * 9);
  CHECK(known().sum == kCent * 9);
  CHECK(world.budget.Known().overcharges.at(0).set_aside == kCent * 8);
  CHECK(world.budget.Known().overcharges.at(0).charged == kCent * 9);
  CHECK(world.Reserve(kCent));
  CHECK_FALSE(known().is_refused);
  world.clock.Advance(24h);
  CHECK(known().sum == Usd());  // another day, another sum
}

TEST_CASE("Budget: of 200 contents at once on three replicas, exactly the 100 that fit are paid") {
  SwitchedBudget store;
  test::FakeClock clock;
  Budget one(store, clock, NullLogger(), Both(kCent * 100, kCent * 5'000));
  Budget two(store, clock, NullLogger(), Both(kCent * 100, kCent * 5'000));
  Budget three(store, clock, NullLogger(), Both(kCent * 100, kCent * 5'000));
  Budget* const replicas[] = {&one, &two, &three};
  std::atomic<int> paid{0};
  std::atomic<int> refused{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> uploads;
  for (std::size_t i = 0; i < 200; ++i) {
    uploads.emplace_back([&, i] {
      while (!go) std::this_thread::yield();
      auto reservation = replicas[i % 3]->Reserve(Prices{{"one", kCent}}, kNever);
      if (!reservation) {
        ++refused;
        return;
      }
      ++paid;
      SettleAt(*reservation, kCent);
    });
  }
  go = true;
  for (std::thread& upload : uploads) upload.join();
  CHECK(paid == 100);
  CHECK(refused == 100);
  CHECK(store.Sum("2026-01-01") == kCent * 100);
  CHECK(store.Sum("2026-01") == kCent * 100);
  CHECK(one.Read(kNever).all.daily->reserved == Usd());
}
