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

constexpr std::int64_t kCent = 10'000;
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
  Result<std::vector<std::int64_t>> Read(std::span<const cache::BudgetWindow> windows,
                                         Deadline deadline) override {
    if (away) return Error{ErrorCode::kStoreUnavailable, "away"};
    return behind_.Read(windows, deadline);
  }
  bool available() const noexcept override { return !away; }

  std::int64_t Sum(const std::string& name) {
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

  Result<BudgetReservation> Reserve(std::int64_t micros, std::string vendor = "one") {
    return budget.Reserve(Prices{{std::move(vendor), micros}}, kNever);
  }
  BudgetState Day() { return *budget.Read(kNever).all.daily; }

  SwitchedBudget store;
  test::FakeClock clock;
  test::RecordingLogger logger;
  Budget budget;
};

BudgetOptions Daily(std::int64_t micros) {
  return {.all = {.daily_micros = micros}};
}

BudgetOptions Both(std::int64_t daily, std::int64_t monthly) {
  return {.all = {.daily_micros = daily, .monthly_micros = monthly}};
}

void SettleAt(BudgetReservation& reservation, std::int64_t micros) {
  reservation.Settle(Prices{{"one", micros}});
}

}  // namespace

TEST_CASE("Budget: without a limit it asks nobody and refuses nothing") {
  BudgetFixture world({});
  CHECK_FALSE(world.budget.limited());
  auto reservation = world.Reserve(1'000'000 * kCent);
  REQUIRE(reservation);
  SettleAt(*reservation, 5);
  CHECK(world.store.calls == 0);
  CHECK_FALSE(world.budget.Read(kNever).all.daily);
}

TEST_CASE("Budget: to the last cent, then refused until midnight UTC") {
  BudgetFixture world(Daily(3 * kCent));
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
  CHECK(world.store.Sum("2026-01-01") == 3 * kCent);
  CHECK(world.store.Sum("2026-01-02") == kCent);
}

TEST_CASE("Budget: the month refuses until the first of the next, also where the day does too") {
  BudgetFixture world(Both(2 * kCent, 2 * kCent));
  CHECK(world.Reserve(2 * kCent));
  const auto refused = world.Reserve(kCent);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry_after == 31 * 24h);
  world.clock.Advance(24h);
  CHECK_FALSE(world.Reserve(kCent));
  CHECK(world.store.Sum("2026-01-02") == 0);  // refused by one, set aside in none
  world.clock.Advance(30 * 24h);
  CHECK(world.Reserve(kCent));
}

TEST_CASE("Budget: settled lower, the rest is free; settled higher, the truth counts") {
  BudgetFixture world(Both(10 * kCent, 100 * kCent));
  auto low = world.Reserve(8 * kCent);
  REQUIRE(low);
  CHECK_FALSE(world.Reserve(3 * kCent));
  SettleAt(*low, kCent);
  CHECK(world.store.Sum("2026-01-01") == kCent);
  CHECK(world.store.Sum("2026-01") == kCent);
  auto high = world.Reserve(9 * kCent);
  REQUIRE(high);
  SettleAt(*high, 12 * kCent);
  CHECK(world.store.Sum("2026-01-01") == 13 * kCent);
  CHECK_FALSE(world.Reserve(1));
  CHECK(world.Day().remaining_micros == 0);
}

TEST_CASE("Budget: what a vendor charges above its price counts at once, and is an error") {
  BudgetOptions options = Both(100 * kCent, 1'000 * kCent);
  options.vendors["one"] = {.daily_micros = {}, .monthly_micros = 50 * kCent};
  BudgetFixture world(options);
  auto dear = world.Reserve(kCent);
  REQUIRE(dear);
  dear->Settle(Prices{{"one", 40 * kCent}});
  REQUIRE(world.logger.Count(LogLevel::kError) == 1);
  const std::string fields = world.logger.lines().front().fields;
  CHECK(fields.find("vendor=one") != std::string::npos);
  CHECK(fields.find("set_aside_usd=0.01") != std::string::npos);
  CHECK(fields.find("charged_usd=0.4") != std::string::npos);
  CHECK(world.store.Sum("2026-01-01") == 40 * kCent);
  CHECK(world.store.Sum("2026-01") == 40 * kCent);
  CHECK(world.store.Sum("one:2026-01") == 40 * kCent);
  CHECK_FALSE(world.Reserve(11 * kCent));
  CHECK(world.Reserve(10 * kCent));
  // A vendor that was said to be free is one of them.
  auto free_of_charge = world.Reserve(0, "two");
  REQUIRE(free_of_charge);
  free_of_charge->Settle(Prices{{"two", 5 * kCent}});
  CHECK(world.store.Sum("2026-01-01") == 55 * kCent);
}

TEST_CASE("Budget: without a limit too, a charge above the price is an error") {
  BudgetFixture world({});
  auto reservation = world.Reserve(kCent);
  REQUIRE(reservation);
  reservation->Settle(Prices{{"one", 2 * kCent}});
  CHECK(world.logger.Count(LogLevel::kError) == 1);
  CHECK(world.store.calls == 0);
}

TEST_CASE("Budget: the price that was expected needs no second word with the store") {
  BudgetFixture world(Daily(10 * kCent));
  auto reservation = world.Reserve(kCent);
  REQUIRE(reservation);
  SettleAt(*reservation, kCent);
  SettleAt(*reservation, 0);  // only the first word counts
  CHECK(world.store.calls == 1);
  CHECK(world.store.Sum("2026-01-01") == kCent);
}

TEST_CASE("Budget: given back when nothing was charged, kept when nobody knows") {
  BudgetFixture world(Daily(10 * kCent));
  {
    auto dropped = world.Reserve(4 * kCent);
    REQUIRE(dropped);
    CHECK(world.Day().reserved_micros == 4 * kCent);
    CHECK(world.Day().spent_micros == 0);
  }
  CHECK(world.Day().reserved_micros == 0);
  CHECK(world.Day().spent_micros == 4 * kCent);
  auto given_back = world.Reserve(6 * kCent);
  REQUIRE(given_back);
  SettleAt(*given_back, 0);
  CHECK(world.Day().spent_micros == 4 * kCent);
  CHECK(world.Day().remaining_micros == 6 * kCent);
  CHECK(world.Day().resets_at == test::FakeClock::kStart + 24h);
  CHECK_FALSE(world.budget.Read(kNever).all.monthly);
}

TEST_CASE("Budget: of a vendor that the settlement does not name, all stays spent") {
  BudgetFixture world(Daily(10 * kCent));
  auto reservation = world.budget.Reserve(Prices{{"one", kCent}, {"two", 3 * kCent}}, kNever);
  REQUIRE(reservation);
  reservation->Settle(Prices{{"one", 0}});
  CHECK(world.store.Sum("2026-01-01") == 3 * kCent);
  auto unknown = world.Reserve(kCent);
  REQUIRE(unknown);
  unknown->Settle({});
  CHECK(world.store.Sum("2026-01-01") == 4 * kCent);
}

TEST_CASE("Budget: moved, a reservation is settled once, by whoever has it") {
  BudgetFixture world(Daily(10 * kCent));
  auto first = world.Reserve(4 * kCent);
  REQUIRE(first);
  BudgetReservation moved = std::move(*first);
  SettleAt(*first, 0);
  CHECK(world.store.Sum("2026-01-01") == 4 * kCent);
  auto second = world.Reserve(5 * kCent);
  REQUIRE(second);
  moved = std::move(*second);  // the first is dropped, and so kept as spent
  SettleAt(moved, 0);
  CHECK(world.store.Sum("2026-01-01") == 4 * kCent);
  CHECK(world.Day().reserved_micros == 0);
}

TEST_CASE("Budget: what was reserved before midnight is settled in its own day and month") {
  BudgetFixture world(Both(10 * kCent, 20 * kCent));
  world.clock.Advance(31 * 24h - 1s);
  auto reservation = world.Reserve(8 * kCent);
  REQUIRE(reservation);
  world.clock.Advance(2s);
  CHECK(world.Day().reserved_micros == 0);
  CHECK(world.Day().spent_micros == 0);
  SettleAt(*reservation, 5 * kCent);
  CHECK(world.store.Sum("2026-01-31") == 5 * kCent);
  CHECK(world.store.Sum("2026-01") == 5 * kCent);
  CHECK(world.store.Sum("2026-02-01") == 0);
  CHECK(world.store.Sum("2026-02") == 0);
  CHECK(world.Reserve(10 * kCent));
}

TEST_CASE("Budget: a vendor's limit is its own, and one that does not fit stops the whole call") {
  BudgetOptions options = Both(100 * kCent, 1'000 * kCent);
  options.vendors["one"] = {.daily_micros = {}, .monthly_micros = 5 * kCent};
  BudgetFixture world(options);
  const Prices both = {{"one", 2 * kCent}, {"two", 3 * kCent}};
  auto first = world.budget.Reserve(both, kNever);
  REQUIRE(first);
  auto second = world.budget.Reserve(both, kNever);
  REQUIRE(second);
  const auto refused = world.budget.Reserve(both, kNever);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry_after == 31 * 24h);
  CHECK(world.Reserve(50 * kCent, "two"));
  CHECK(world.Day().remaining_micros == 40 * kCent);
  second->Settle(Prices{{"one", 0}, {"two", 3 * kCent}});
  const BudgetReport report = world.budget.Read(kNever);
  CHECK(report.vendors.at("one").monthly->remaining_micros == 3 * kCent);
  CHECK(report.vendors.at("one").monthly->reserved_micros == 2 * kCent);
  CHECK_FALSE(report.vendors.at("one").daily);
}

TEST_CASE("Budget: a call dearer than the whole limit is never promised for later") {
  BudgetFixture world(Daily(5 * kCent));
  const auto refused = world.Reserve(6 * kCent);
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
  CHECK(world.Day().remaining_micros == kCent);
}

TEST_CASE("Budget: an outage between reservation and settlement, and its end, lose nothing") {
  SwitchedBudget store;
  test::FakeClock clock;
  test::RecordingLogger logger;
  cache::FailoverBudget failover(store, nullptr, clock, logger);
  Budget budget(failover, clock, logger, Daily(100 * kCent));
  const auto reserve = [&](std::int64_t cents) {
    return budget.Reserve(Prices{{"one", cents * kCent}}, kNever);
  };
  auto before = reserve(20);
  REQUIRE(before);
  store.away = true;
  before->Settle(Prices{{"one", 15 * kCent}});
  auto meanwhile = reserve(8);
  REQUIRE(meanwhile);
  auto kept = reserve(5);  // 8 + 5 - 5 given back are the tenth of the 80 that were left
  CHECK(kept);
  const auto refused = reserve(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kBudgetExhausted);
  CHECK(refused.error().retry_after == 60s);  // not at midnight: the outage may end sooner
  CHECK(budget.Read(kNever).all.daily->remaining_micros == 72 * kCent);
  store.away = false;
  meanwhile->Settle(Prices{{"one", 0}});
  CHECK(failover.DeliverNow());
  CHECK(store.Sum("2026-01-01") == 20 * kCent);
  CHECK(reserve(80));
  CHECK_FALSE(reserve(1));
}

TEST_CASE("Budget: of 200 contents at once on three replicas, exactly the 100 that fit are paid") {
  SwitchedBudget store;
  test::FakeClock clock;
  Budget one(store, clock, NullLogger(), Both(100 * kCent, 5'000 * kCent));
  Budget two(store, clock, NullLogger(), Both(100 * kCent, 5'000 * kCent));
  Budget three(store, clock, NullLogger(), Both(100 * kCent, 5'000 * kCent));
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
  CHECK(store.Sum("2026-01-01") == 100 * kCent);
  CHECK(store.Sum("2026-01") == 100 * kCent);
  CHECK(one.Read(kNever).all.daily->reserved_micros == 0);
}
