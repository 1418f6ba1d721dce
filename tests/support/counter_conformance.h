#pragma once

// What every store promises of its counters; verdict_store_conformance.h runs it.

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/never.h"
#include "support/store_under_test.h"
#include "vcache/cache/counters.h"
#include "vcache/core/random_id.h"

namespace vcache::test::conformance {

using cache::ClearMode;
using cache::ContentKind;
using cache::KeyPattern;
using std::chrono::hours;
using std::chrono::milliseconds;

inline void CountsWithTheVerdict(StoreUnderTest& world) {
  cache::CounterStore* counters = world.counters();
  if (counters == nullptr) return;
  using cache::Counter;
  cache::PutRequest request = MakePut(MakeKey(1), hours(1));
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  request.counters.at(ContentKind::kAnalysis, Counter::kSpentMicros) = 10'000;
  using cache::VendorCounter;
  for (const VendorInfo& vendor : kVendors) {
    request.counters.at(ContentKind::kAnalysis, vendor.id, VendorCounter::kSpentMicros) =
        1 + static_cast<std::int64_t>(vendor.id);
  }
  REQUIRE(world.store().Put(request, kNever));
  cache::Counters hits;
  hits.at(ContentKind::kText, Counter::kHits) = 3;
  hits.at(ContentKind::kText, Counter::kLookups) = 7;
  hits.at(ContentKind::kText, Counter::kLookupHits) = 5;
  hits.at(ContentKind::kText, Counter::kSparedMicros) = 25'000;
  hits.at(ContentKind::kText, VendorId::kOpenAi, VendorCounter::kFailures) = 2;
  REQUIRE(counters->Add({hits, world.clock().WallNow(), RandomId()}, kNever));
  REQUIRE(counters->Add({hits, world.clock().WallNow() - hours(24), RandomId()}, kNever));
  const auto totals = counters->Read(world.clock().WallNow(), kNever);
  REQUIRE(totals);
  CHECK(totals->all.total(Counter::kPaidCalls) == 1);
  CHECK(totals->all.at(ContentKind::kAnalysis, Counter::kSpentMicros) == 10'000);
  CHECK(totals->all.at(ContentKind::kText, Counter::kHits) == 6);
  CHECK(totals->today.at(ContentKind::kText, Counter::kHits) == 3);
  CHECK(totals->all.at(ContentKind::kText, Counter::kLookups) == 14);
  CHECK(totals->all.at(ContentKind::kText, Counter::kLookupHits) == 10);
  CHECK(totals->today.at(ContentKind::kText, Counter::kSparedMicros) == 25'000);
  CHECK(totals->today.total(Counter::kPaidCalls) == 1);
  for (const VendorInfo& vendor : kVendors) {
    CHECK(totals->today.at(ContentKind::kAnalysis, vendor.id, VendorCounter::kSpentMicros) ==
          1 + static_cast<std::int64_t>(vendor.id));
  }
  CHECK(totals->all.total(VendorId::kOpenAi, VendorCounter::kFailures) == 4);
  CHECK(totals->today.at(ContentKind::kText, VendorId::kOpenAi, VendorCounter::kFailures) == 2);
  CHECK(totals->since <= world.clock().WallNow());
  CHECK(totals->since > WallTime{});
  REQUIRE(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  CHECK(counters->Read(world.clock().WallNow(), kNever)->all == totals->all);
}

inline void CountsByHourAndDay(StoreUnderTest& world) {
  cache::CounterStore* counters = world.counters();
  if (counters == nullptr) return;
  using cache::Counter;
  using cache::CounterRange;
  const WallTime hour = std::chrono::floor<hours>(world.clock().WallNow());
  const auto add = [&](WallTime when, std::int64_t hits) {
    cache::Counters delta;
    delta.at(ContentKind::kText, Counter::kHits) = hits;
    REQUIRE(counters->Add({delta, when, RandomId()}, kNever));
  };
  cache::PutRequest request = MakePut(MakeKey(1), hours(1));
  request.counters.at(ContentKind::kAnalysis, Counter::kSpentMicros) = 9'007'199'254'740'993 / 3;
  REQUIRE(world.store().Put(request, kNever));
  add(hour - hours(4), 1);
  add(hour - milliseconds(1), 2);  // the last moment of the hour before
  add(hour - hours(2), 4);         // the first of another
  add(hour - hours(24 * 3), 8);
  const auto read = [&](CounterRange::Period period, WallTime first, std::size_t count) {
    auto series = counters->ReadRange({period, first, count}, kNever);
    REQUIRE(series);
    REQUIRE(series->size() == count);
    std::vector<std::int64_t> hits;
    for (const cache::Counters& each : *series) hits.push_back(each.total(Counter::kHits));
    return std::pair(hits, series->back().total(Counter::kSpentMicros));
  };
  const auto by_hour = read(CounterRange::Period::kHour, hour - hours(3), 4);
  CHECK(by_hour.first == std::vector<std::int64_t>{0, 4, 2, 0});
  CHECK(by_hour.second == 9'007'199'254'740'993 / 3);
  const auto today = std::chrono::floor<std::chrono::days>(hour);
  std::vector<std::int64_t> expected(400, 0);
  for (const auto& [when, hits] :
       {std::pair(hour - hours(4), 1), std::pair(hour - milliseconds(1), 2),
        std::pair(hour - hours(2), 4), std::pair(hour - hours(24 * 3), 8)}) {
    expected[static_cast<std::size_t>(
        399 - (today - std::chrono::floor<std::chrono::days>(when)).count())] += hits;
  }
  const auto by_day = read(CounterRange::Period::kDay, today - std::chrono::days(399), 400);
  CHECK(by_day.first == expected);
  CHECK(by_day.second == 9'007'199'254'740'993 / 3);
  CHECK_FALSE(counters->ReadRange({CounterRange::Period::kDay, today, 401}, kNever));
}

inline void ResetsTotals(StoreUnderTest& world) {
  cache::CounterStore* counters = world.counters();
  if (counters == nullptr) return;
  using cache::Counter;
  const WallTime now = world.clock().WallNow();
  const auto add = [&](WallTime when, std::int64_t hits) {
    cache::Counters delta;
    delta.at(ContentKind::kText, Counter::kHits) = hits;
    REQUIRE(counters->Add({delta, when, RandomId()}, kNever));
  };
  const auto hits = [&] {
    const auto totals = counters->Read(world.clock().WallNow(), kNever);
    REQUIRE(totals);
    return totals->all.total(Counter::kHits);
  };
  const auto by_hour = [&] {
    const WallTime first = std::chrono::floor<hours>(now) - hours(2);
    const auto series = counters->ReadRange({cache::CounterRange::Period::kHour, first, 3}, kNever);
    REQUIRE(series);
    return std::pair(series->front().total(Counter::kHits), series->back().total(Counter::kHits));
  };
  add(now, 5);  // folded
  add(now, 2);
  add(now - hours(2), 4);
  const auto ended = counters->ResetTotals(now, kNever);
  REQUIRE(ended);
  CHECK(ended->all.total(Counter::kHits) == 11);
  CHECK(ended->since <= world.clock().WallNow());
  CHECK(hits() == 0);
  CHECK(counters->Read(now, kNever)->since == std::chrono::floor<milliseconds>(now));
  CHECK(by_hour() == std::pair<std::int64_t, std::int64_t>(4, 7));
  add(now - hours(2), 16);  // waited during the reset
  add(now, 32);
  CHECK(hits() == 32);
  CHECK(by_hour() == std::pair<std::int64_t, std::int64_t>(20, 39));
  CHECK(counters->ResetTotals(now, kNever)->all.total(Counter::kHits) == 32);
  CHECK(hits() == 0);
  CHECK(by_hour() == std::pair<std::int64_t, std::int64_t>(20, 39));
}

}  // namespace vcache::test::conformance
