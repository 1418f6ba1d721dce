// Wall clocks that jump: what was paid for stays.
#include <doctest/doctest.h>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"
#include "support/stepped_clock.h"
#include "vcache/cache/sqlite/sqlite_budget.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

constexpr std::chrono::hours kWeek{24 * 7};

int CountHits(LocalStore& store, unsigned entries) {
  int hits = 0;
  for (unsigned i = 0; i < entries; ++i) {
    if (store.Lookup(MakeKey(i), kNever).outcome == LookupOutcome::kHit) ++hits;
  }
  return hits;
}

}  // namespace

TEST_CASE("SqliteStore: a wall clock that is ten days ahead for a moment costs no entry") {
  test::TempDir dir;
  test::SteppedClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  for (unsigned i = 0; i < 60; ++i) REQUIRE(store->Put(MakePut(MakeKey(i), kWeek), kNever));
  clock.SetAhead(240h);
  for (unsigned i = 100; i < 103; ++i) REQUIRE(store->Put(MakePut(MakeKey(i), kWeek), kNever));
  CHECK(CountHits(*store, 60) == 60);
  clock.SetAhead(0ms);
  CHECK(CountHits(*store, 60) == 60);
  clock.Advance(kWeek);
  CHECK(CountHits(*store, 60) == 0);
}

TEST_CASE("SqliteStore: what is stored while the wall clock is behind lives its whole life") {
  test::TempDir dir;
  test::SteppedClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  clock.SetAhead(-240h);
  REQUIRE(store->Put(MakePut(MakeKey(1), kWeek), kNever));
  clock.SetAhead(0ms);
  CHECK(store->Lookup(MakeKey(1), kNever).ttl == kWeek);
}

TEST_CASE("SqliteStore: an entry from the future lives as long as a new one, counted from now") {
  test::TempDir dir;
  test::SteppedClock clock;
  clock.SetAhead(48h);
  REQUIRE(test::OpenStore(dir.path(), clock)->Put(MakePut(MakeKey(1), kWeek), kNever));
  clock.SetAhead(0ms);  // the next process starts with the right time
  SqliteStoreOptions options;
  options.directory = dir.path();
  options.ttl_analysis = kWeek;
  const auto opened = OpenSqliteStore(options, KeySpace(), clock, NullLogger());
  REQUIRE(opened);
  LocalStore& store = **opened;
  CHECK(store.Lookup(MakeKey(1), kNever).ttl == kWeek);
  clock.Advance(24h);
  CHECK(store.Lookup(MakeKey(1), kNever).ttl == kWeek - 24h);
  clock.Advance(kWeek - 24h);
  CHECK(store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
}

TEST_CASE("SqliteBudget: a wall clock that is ten days ahead for a moment forgets no sum") {
  test::TempDir dir;
  test::SteppedClock clock;
  const auto budget = OpenSqliteBudget({.directory = dir.path()}, KeySpace(), clock);
  REQUIRE(budget);
  const BudgetWindow today = BudgetDay({}, clock.WallNow());
  const auto spend = [&](const BudgetWindow& window) {
    const BudgetClaim claim{window, Usd::FromMicros(600), Usd::FromMicros(1'000)};
    return (*budget)->Reserve({&claim, 1}, kNever).outcome;
  };
  CHECK(spend(today) == BudgetOutcome::kGranted);
  clock.SetAhead(240h);
  CHECK(spend(BudgetDay({}, clock.WallNow())) == BudgetOutcome::kGranted);
  clock.SetAhead(0ms);
  CHECK(spend(today) == BudgetOutcome::kRefused);
}
