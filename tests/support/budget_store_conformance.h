#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/never.h"
#include "vcache/cache/budget_store.h"

namespace vcache::test {

inline constexpr std::chrono::seconds kBudgetLife = std::chrono::hours(48);

inline cache::BudgetWindow MakeWindow(std::string name) {
  return {std::move(name), kBudgetLife};
}

inline cache::BudgetClaim MakeClaim(std::string name, std::int64_t amount, std::int64_t limit) {
  return {MakeWindow(std::move(name)), Usd::FromMicros(amount), Usd::FromMicros(limit)};
}

inline cache::BudgetChange MakeChange(std::string name, std::int64_t amount) {
  return {MakeWindow(std::move(name)), Usd::FromMicros(amount)};
}

/// What a store must bring to be held to the promises of `BudgetStore`.
class BudgetUnderTest {
 public:
  virtual ~BudgetUnderTest() = default;

  /// The store as one of several replicas sees it, which all share its sums.
  virtual cache::BudgetStore& replica(std::size_t number) = 0;
  virtual std::size_t replicas() const = 0;

  /// The sum of a window in millionths of a dollar, -1 when it cannot be read.
  std::int64_t Sum(const std::string& name) {
    const std::vector<cache::BudgetWindow> windows = {MakeWindow(name)};
    const auto sums = replica(0).Read(windows, kNever);
    return sums ? sums->front().micros() : -1;
  }
};

using MakeBudgetUnderTest = std::function<std::unique_ptr<BudgetUnderTest>()>;

/// `threads` ask at once for 10,000 each, spread over the replicas; how many are granted.
inline int GrantedOf(BudgetUnderTest& world, int threads,
                     const std::vector<cache::BudgetClaim>& claims) {
  std::atomic<int> granted{0};
  std::atomic<int> unavailable{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> askers;
  for (int i = 0; i < threads; ++i) {
    askers.emplace_back([&, i] {
      while (!go) std::this_thread::yield();
      auto& store = world.replica(static_cast<std::size_t>(i) % world.replicas());
      const auto answer = store.Reserve(claims, kNever);
      if (answer.outcome == cache::BudgetOutcome::kGranted) ++granted;
      if (answer.outcome == cache::BudgetOutcome::kUnavailable) ++unavailable;
    });
  }
  go = true;
  for (std::thread& asker : askers) asker.join();
  CHECK(unavailable == 0);
  return granted;
}

inline void CheckReservations(BudgetUnderTest& world) {
  using cache::BudgetOutcome;
  auto& store = world.replica(0);
  const auto reserve = [&](std::int64_t month, std::int64_t day) {
    const std::vector<cache::BudgetClaim> claims = {MakeClaim("2026-11", month, 100),
                                                    MakeClaim("2026-11-21", day, 50)};
    return store.Reserve(claims, kNever);
  };
  CHECK(world.Sum("2026-11") == 0);
  const auto first = reserve(30, 30);
  CHECK(first.outcome == BudgetOutcome::kGranted);
  CHECK(first.sums == std::vector(2, Usd::FromMicros(30)));
  // The day refuses: nothing is taken from the month either.
  const auto second = reserve(21, 21);
  CHECK(second.outcome == BudgetOutcome::kRefused);
  CHECK(second.refused_by == 1);
  CHECK(second.sums == std::vector(2, Usd::FromMicros(30)));
  // The month refuses, and is told first when both do.
  CHECK(reserve(71, 1).refused_by == 0);
  CHECK(reserve(71, 71).refused_by == 0);
  CHECK(world.Sum("2026-11-21") == 30);
  CHECK(reserve(20, 20).outcome == BudgetOutcome::kGranted);  // to the last cent
  CHECK(reserve(1, 1).outcome == BudgetOutcome::kRefused);
  CHECK(reserve(0, 0).outcome == BudgetOutcome::kGranted);  // what costs nothing always fits
  CHECK(world.Sum("2026-11") == 50);
  CHECK(world.Sum("2026-11-21") == 50);
  CHECK(store.Reserve({}, kNever).outcome == BudgetOutcome::kGranted);
}

inline void CheckAdjustments(BudgetUnderTest& world) {
  auto& store = world.replica(0);
  const auto adjust = [&](const std::string& id, std::int64_t month, std::int64_t day) {
    return store.Adjust({id, {MakeChange("2026-11", month), MakeChange("2026-11-21", day)}},
                        kNever);
  };
  CHECK(adjust("aa", 70, 40));  // over any limit: what was spent is spent
  CHECK(adjust("aa", 70, 40));  // the same once more
  CHECK(world.replica(world.replicas() - 1)
            .Adjust({"aa", {MakeChange("2026-11", 70)}}, kNever));  // by somebody else
  CHECK(world.Sum("2026-11") == 70);
  CHECK(world.Sum("2026-11-21") == 40);
  CHECK(adjust("bb", -20, -15));
  CHECK(world.Sum("2026-11") == 50);
  CHECK(world.Sum("2026-11-21") == 25);
  CHECK(adjust("cc", -1'000, -1'000));  // a sum never falls below 0
  CHECK(world.Sum("2026-11") == 0);
  CHECK(world.Sum("2026-11-21") == 0);
  CHECK(adjust("dd", 9'000'000'000'000, 1));  // no number becomes 9e+12
  CHECK(world.Sum("2026-11") == 9'000'000'000'000);
  CHECK(store.Adjust({"ee", {}}, kNever));
  // What is given back to a sum that is gone makes no debt.
  CHECK(store.Adjust({"ff", {MakeChange("2026-10", -5)}}, kNever));
  CHECK(world.Sum("2026-10") == 0);
}

/// Exactly as many as fit are granted, however many ask at once, on however many replicas.
inline void CheckCrowd(BudgetUnderTest& world) {
  constexpr std::int64_t kPrice = 10'000;
  const std::vector<cache::BudgetClaim> claims = {MakeClaim("2026-12", kPrice, 1'000 * kPrice),
                                                  MakeClaim("2026-12-24", kPrice, 100 * kPrice)};
  CHECK(GrantedOf(world, 200, claims) == 100);
  CHECK(world.Sum("2026-12-24") == 100 * kPrice);
  CHECK(world.Sum("2026-12") == 100 * kPrice);
  // All that were given back fit again: none was refused without need.
  const auto given_back =
      world.replica(0).Adjust({"gg", {MakeChange("2026-12-24", -7 * kPrice)}}, kNever);
  CHECK(given_back);
  CHECK(GrantedOf(world, 20, claims) == 7);
}

/// Every promise of `BudgetStore`; `make` gives an empty one each time.
inline void RunBudgetStoreConformance(const MakeBudgetUnderTest& make) {
  const std::vector<std::pair<const char*, void (*)(BudgetUnderTest&)>> checks = {
      {"reservations", CheckReservations},
      {"adjustments", CheckAdjustments},
      {"a crowd", CheckCrowd}};
  for (const auto& [name, check] : checks) {
    CAPTURE(name);
    const std::unique_ptr<BudgetUnderTest> world = make();
    check(*world);
  }
}

/// What waits is added up by window, and is delivered as it was sealed.
inline void RunBudgetOutboxConformance(cache::BudgetOutbox& outbox) {
  const auto put = [&](const std::string& id, std::int64_t day, std::int64_t month) {
    return outbox.PutPending({id, {MakeChange("2026-11-21", day), MakeChange("2026-11", month)}},
                             kNever);
  };
  CHECK(outbox.NextPending(kNever)->id.empty());
  CHECK(outbox.SumPending(kNever)->empty());
  CHECK(put("", 10, 10));
  CHECK(put("", 5, -4));
  const auto batch = outbox.NextPending(kNever);
  CHECK(batch->id.size() == 32);
  CHECK(put("", 100, 100));    // comes too late for that batch
  CHECK(put("zz00", -1, -1));  // sorts behind any batch, whose id is hexadecimal
  const auto again = outbox.NextPending(kNever);
  CHECK(again->id == batch->id);
  CHECK(again->changes.size() == 2);
  const std::vector<cache::BudgetChange> sealed = {MakeChange("2026-11", 6),
                                                   MakeChange("2026-11-21", 15)};
  CHECK(again->changes == sealed);
  const std::vector<cache::BudgetChange> all = {MakeChange("2026-11", 105),
                                                MakeChange("2026-11-21", 114)};
  CHECK(*outbox.SumPending(kNever) == all);

  CHECK(outbox.RemovePending(batch->id, kNever));
  CHECK(outbox.NextPending(kNever)->id == "zz00");  // under its own id, apart
  CHECK(outbox.RemovePending("zz00", kNever));
  CHECK(outbox.NextPending(kNever)->changes.back().amount == Usd::FromMicros(100));
  CHECK(outbox.RemovePending(outbox.NextPending(kNever)->id, kNever));
  CHECK(outbox.NextPending(kNever)->id.empty());
  CHECK(outbox.SumPending(kNever)->empty());
}

}  // namespace vcache::test
