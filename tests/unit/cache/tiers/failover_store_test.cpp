#include "vcache/cache/tiers/failover_store.h"

#include <doctest/doctest.h>

#include <thread>

#include "support/blocked_thread.h"
#include "support/gate.h"
#include "unit/cache/tiers/failover_fixture.h"
#include "vcache/core/random_id.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::FailoverFixture;
using test::Hits;
using test::kNever;
using test::MakeKey;
using test::Paid;

TEST_CASE("FailoverStore: asks the shared store alone while it answers, and copies what is kept") {
  FailoverFixture bench;
  CHECK(bench.store.Put(Paid(1), kNever));
  CHECK(bench.store.Add({Hits(3), bench.clock.WallNow(), RandomId()}, kNever));
  CHECK(bench.Ask(1) == LookupOutcome::kHit);
  CHECK(bench.Ask(2) == LookupOutcome::kMiss);
  CHECK(bench.store.pending() == 0);
  CHECK(bench.paid_calls() == 1);
  CHECK(bench.logger.lines().empty());
}

TEST_CASE("FailoverStore: what was paid for before an outage is found in it") {
  FailoverFixture bench;
  CHECK(bench.store.Put(Paid(1), kNever));
  CHECK(bench.store.pending() == 0);
  bench.shared.away = true;
  CHECK(bench.Ask(1) == LookupOutcome::kHit);
  CHECK(bench.Ask(2) == LookupOutcome::kUnavailable);
}

TEST_CASE("FailoverStore: what another replica cleared is not found in an outage") {
  FailoverFixture bench;
  CHECK(bench.store.Put(Paid(1), kNever));
  bench.store.ForgetCleared(KeyPattern::All(), std::nullopt);
  bench.shared.away = true;
  CHECK(bench.Ask(1) == LookupOutcome::kUnavailable);
}

TEST_CASE("FailoverStore: copies are compared with the count of clears once the store is there") {
  FailoverFixture bench;
  bench.shared.away = true;
  bench.shared.clears = 7;
  bench.store.Start();
  bench.clock.AwaitWaiters(1);
  bench.clock.Advance(1s);
  bench.clock.AwaitWaiters(1);
  CHECK(bench.local.synced_to == -1);
  bench.shared.away = false;
  while (bench.local.synced_to != 7) {
    bench.clock.Advance(200ms);
    std::this_thread::yield();
  }
  bench.shared.clears = 8;
  bench.store.MarkLocalStale();
  while (bench.local.synced_to != 8) {
    bench.clock.Advance(200ms);
    std::this_thread::yield();
  }
  bench.store.Stop();
}

TEST_CASE("FailoverStore: in an outage, what is kept is found, and what is unknown stays unknown") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  CHECK(bench.store.pending() == 1);
  const LookupResult found = bench.store.Lookup(MakeKey(1), kNever);
  CHECK(found.outcome == LookupOutcome::kHit);
  CHECK(found.tier == Tier::kSqlite);
  CHECK(bench.Ask(2) == LookupOutcome::kUnavailable);
  CHECK_FALSE(bench.store.available());
  const std::vector<CacheKey> keys = {MakeKey(2), MakeKey(1)};
  const auto many = bench.store.LookupMany(keys, kNever);
  CHECK(many[0].outcome == LookupOutcome::kUnavailable);
  CHECK(many[1].outcome == LookupOutcome::kHit);
}

TEST_CASE("FailoverStore: a shared store that is back does not yet know what waits: no miss") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  bench.shared.away = false;
  CHECK(bench.Ask(1) == LookupOutcome::kHit);
  CHECK(bench.Ask(2) == LookupOutcome::kMiss);
}

TEST_CASE("FailoverStore: a store that is full but can be read is caught up, too") {
  FailoverFixture bench;
  bench.shared.refuses_writes = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  CHECK(bench.Ask(1) == LookupOutcome::kHit);
  CHECK_FALSE(bench.store.DeliverNow());
  bench.shared.refuses_writes = false;
  CHECK(bench.store.DeliverNow());
  CHECK(bench.paid_calls() == 1);
}

TEST_CASE("FailoverStore: what waits is delivered in order, once, and stays as a copy") {
  FailoverFixture bench;
  bench.shared.away = true;
  for (unsigned i = 0; i < 40; ++i) CHECK(bench.store.Put(Paid(i), kNever));
  CHECK(bench.store.Add({Hits(7), bench.clock.WallNow(), RandomId()}, kNever));
  CHECK_FALSE(bench.store.DeliverNow());
  CHECK(bench.store.pending() == 41);

  bench.shared.away = false;
  bench.shared.deliveries_left = 25;  // and away again in the middle
  CHECK_FALSE(bench.store.DeliverNow());
  CHECK(bench.store.pending() == 16);
  bench.shared.deliveries_left = 1'000;
  CHECK(bench.store.DeliverNow());
  CHECK(bench.store.pending() == 0);

  REQUIRE(bench.shared.delivered_keys.size() == 41);
  for (unsigned i = 0; i < 40; ++i) {
    CHECK(bench.shared.delivered_keys[i] == MakeKey(i).ToString());
  }
  CHECK(bench.paid_calls() == 40);
  CHECK(bench.shared.totals.at(ContentKind::kAnalysis, Counter::kHits) == 7);
  CHECK(bench.local.Lookup(MakeKey(3), kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("FailoverStore: a delivery whose end was not noted is repeated and counts once") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  bench.shared.away = false;
  bench.local.forgets = false;  // as if the process died between the two
  CHECK_FALSE(bench.store.DeliverNow());
  CHECK_FALSE(bench.store.DeliverNow());
  CHECK(bench.store.pending() == 1);
  bench.local.forgets = true;
  CHECK(bench.store.DeliverNow());
  CHECK(bench.paid_calls() == 1);
}

TEST_CASE("FailoverStore: an entry that will never be taken does not block what is behind it") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  CHECK(bench.store.Add({Hits(7), bench.clock.WallNow(), RandomId()}, kNever));
  bench.shared.away = false;
  bench.shared.refuses_entries_for_good = true;
  CHECK(bench.store.DeliverNow());
  CHECK(bench.paid_calls() == 1);
  CHECK(bench.shared.totals.at(ContentKind::kAnalysis, Counter::kHits) == 7);
  CHECK(bench.logger.Count(LogLevel::kError) == 1);
}

TEST_CASE("FailoverStore: what is delivered between two looks is found by the third") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  bench.shared.away = false;
  bench.local.before_lookup = [&] {
    // The shared store's miss is there already; the delivery takes the local copy away.
    CHECK(bench.shared.behind.Put(Paid(1), kNever));
    CHECK(bench.store.DeliverNow());
  };
  CHECK(bench.Ask(1) == LookupOutcome::kHit);
  CHECK(bench.shared.lookups == 2);
}

TEST_CASE("FailoverStore: a delivery counts before it stops waiting: no look-up misses it") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  bench.shared.away = false;
  test::Gate between;  // the shared store has missed, the local one is not asked yet
  bench.local.before_lookup = [&] { between.Pass(); };
  LookupOutcome found = LookupOutcome::kUnavailable;
  std::thread visitor([&] { found = bench.Ask(1); });
  between.AwaitArrivals(1);
  CHECK(bench.shared.behind.Put(Paid(1), kNever));
  bench.local.removed = [&] {
    // At this moment the write waits no longer. Its copy may be evicted, and the look-up goes on.
    CHECK(bench.local.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
    between.Open();
    visitor.join();
  };
  CHECK(bench.store.DeliverNow());
  CHECK(found == LookupOutcome::kHit);
}

TEST_CASE("FailoverStore: no clear comes between the reading and the writing of a delivery") {
  using Clear = std::function<void(FailoverFixture&)>;
  const Clear own = [](FailoverFixture& bench) {
    CHECK(bench.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  };
  const Clear of_another = [](FailoverFixture& bench) {
    bench.store.ForgetCleared(KeyPattern::All(), 7);
  };
  for (const Clear& clear : {own, of_another}) {
    FailoverFixture bench;
    bench.shared.away = true;
    CHECK(bench.store.Put(Paid(1), kNever));
    bench.shared.away = false;
    test::BlockedThread clearing;
    bench.shared.before_deliver = [&] {
      if (clearing.is_running()) return;
      clearing.Start([&] { clear(bench); });
      clearing.AwaitBlockedOrEnd();
      // What is delivered now is not cleared any more: the clear must come after it.
      CHECK_FALSE(clearing.has_ended());
      CHECK(bench.local.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
    };
    CHECK(bench.store.DeliverNow());
    clearing.Join();
    CHECK(bench.local.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  }
}

TEST_CASE("FailoverStore: totals are those last read, with what waits") {
  FailoverFixture bench;
  CHECK(bench.store.Add({Hits(100), bench.clock.WallNow(), RandomId()}, kNever));
  CHECK(bench.store.Read(bench.clock.WallNow(), kNever)->all.total(Counter::kHits) == 100);
  CHECK(
      bench.store.Add({Hits(1), bench.clock.WallNow(), RandomId()}, kNever));  // not read any more
  bench.shared.away = true;
  CHECK(bench.store.Add({Hits(9), bench.clock.WallNow(), RandomId()}, kNever));
  const auto away = bench.store.Read(bench.clock.WallNow(), kNever);
  CHECK(away->all.total(Counter::kHits) == 110);
  CHECK(away->today.total(Counter::kHits) == 110);
  const auto tomorrow = bench.store.Read(bench.clock.WallNow() + 24h, kNever);
  CHECK(tomorrow->all.total(Counter::kHits) == 110);
  CHECK(tomorrow->today.total(Counter::kHits) == 0);
  bench.shared.away = false;
  CHECK(bench.store.Read(bench.clock.WallNow(), kNever)->all.total(Counter::kHits) == 110);
  CHECK(bench.store.DeliverNow());
  CHECK(bench.store.Read(bench.clock.WallNow(), kNever)->all.total(Counter::kHits) == 110);
}

TEST_CASE(
    "FailoverStore: what was counted yesterday and is written today leaves today's as it is") {
  FailoverFixture bench;
  const WallTime now = bench.clock.WallNow();
  CHECK(bench.store.Add({Hits(100), now, RandomId()}, kNever));
  CHECK(bench.store.Read(now, kNever));
  CHECK(bench.store.Add({Hits(7), now - 24h, RandomId()}, kNever));
  bench.shared.away = true;
  const auto away = bench.store.Read(now, kNever);
  CHECK(away->all.total(Counter::kHits) == 107);
  CHECK(away->today.total(Counter::kHits) == 100);
}

TEST_CASE("FailoverStore: counts by hour are the shared store's, with what waits") {
  FailoverFixture bench;
  const CounterRange hours{CounterRange::Period::kHour, bench.clock.WallNow() - 1h, 2};
  const auto hits = [&] {
    const auto series = bench.store.ReadRange(hours, kNever);
    REQUIRE(series);
    return std::pair(series->at(0).total(Counter::kHits), series->at(1).total(Counter::kHits));
  };
  CHECK(bench.store.Add({Hits(100), bench.clock.WallNow() - 1h, RandomId()}, kNever));
  CHECK(hits() == std::pair<std::int64_t, std::int64_t>(100, 0));
  bench.shared.refuses_writes = true;
  CHECK(bench.store.Add({Hits(9), bench.clock.WallNow(), RandomId()}, kNever));
  CHECK(hits() == std::pair<std::int64_t, std::int64_t>(100, 9));
  bench.shared.away = true;  // what the others have counted is unknown
  CHECK_FALSE(bench.store.ReadRange(hours, kNever));
  bench.shared.away = false;
  bench.shared.refuses_writes = false;
  CHECK(bench.store.DeliverNow());
  const auto all = hits();
  CHECK(all.first + all.second == 109);
}

TEST_CASE("FailoverStore: a clear reaches the local store, also when the shared one is away") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  CHECK_FALSE(bench.store.Clear(KeyPattern::All(), ClearMode::kDryRun, kNever));
  CHECK(bench.Ask(1) == LookupOutcome::kHit);
  CHECK_FALSE(bench.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  CHECK(bench.Ask(1) == LookupOutcome::kUnavailable);
}

TEST_CASE("FailoverStore: a clear counts copies once, and what waits where it is nowhere else") {
  FailoverFixture bench;
  CHECK(bench.store.Put(Paid(1), kNever));  // shared, with a copy here
  CHECK(bench.store.Put(Paid(2), kNever));
  bench.shared.refuses_writes = true;
  CHECK(bench.store.Put(Paid(2), kNever));  // waits to replace the one that is there
  CHECK(bench.store.Put(Paid(3), kNever));  // waits
  CHECK(bench.store.Put(Paid(3), kNever));  // twice
  for (const ClearMode mode : {ClearMode::kDryRun, ClearMode::kDelete}) {
    const auto text = bench.store.Clear(*KeyPattern::Parse("text:*"), mode, kNever);
    CHECK(text->total() == 0);
    const auto all = bench.store.Clear(KeyPattern::All(), mode, kNever);
    REQUIRE(all);
    CHECK(all->analysis == 3);
    CHECK(all->text == 0);
  }
}

TEST_CASE("FailoverStore: without a local store, or with a broken one, an outage is an error") {
  FailoverFixture bench;
  bench.shared.away = true;
  FailoverStore alone(bench.shared, bench.leases, nullptr, bench.clock, bench.logger);
  CHECK_FALSE(alone.Put(Paid(1), kNever));
  CHECK_FALSE(alone.Add({Hits(1), bench.clock.WallNow(), RandomId()}, kNever));
  CHECK_FALSE(alone.Read(bench.clock.WallNow(), kNever));
  CHECK(alone.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kUnavailable);
  CHECK(alone.DeliverNow());
  CHECK(alone.pending() == 0);
  bench.local.is_off = true;
  CHECK_FALSE(bench.store.Put(Paid(1), kNever));
  CHECK_FALSE(bench.store.Add({Hits(1), bench.clock.WallNow(), RandomId()}, kNever));
  CHECK(bench.Ask(1) == LookupOutcome::kUnavailable);
  CHECK(bench.store.pending() == 0);
}

TEST_CASE("FailoverStore: one line when writes begin to wait, one when they are delivered") {
  FailoverFixture bench;
  bench.shared.away = true;
  for (unsigned i = 0; i < 5; ++i) CHECK(bench.store.Put(Paid(i), kNever));
  CHECK(bench.warnings() == 1);
  bench.shared.away = false;
  CHECK(bench.store.DeliverNow());
  CHECK(bench.store.DeliverNow());
  CHECK(bench.news() == 1);
  CHECK(bench.warnings() == 1);
}

TEST_CASE("FailoverStore: its thread delivers as soon as the shared store is back") {
  FailoverFixture bench;
  bench.store.Start();
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  bench.clock.AwaitWaiters(1);
  bench.clock.Advance(1s);
  bench.clock.AwaitWaiters(1);
  CHECK(bench.store.pending() == 1);
  bench.shared.away = false;
  while (bench.store.pending() > 0) {
    bench.clock.Advance(200ms);
    std::this_thread::yield();
  }
  bench.store.Stop();
  CHECK(bench.paid_calls() == 1);
}

TEST_CASE("FailoverStore: delivers what an earlier run left behind") {
  FailoverFixture bench;
  bench.shared.away = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  bench.shared.away = false;
  FailoverStore next(bench.shared, bench.leases, &bench.local, bench.clock, bench.logger);
  CHECK(next.pending() == 1);
  CHECK(next.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(next.DeliverNow());
  CHECK(bench.paid_calls() == 1);
}
