#include <doctest/doctest.h>

#include <thread>

#include "unit/cache/tiers/failover_fixture.h"
#include "vcache/cache/clear_count.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::FailoverFixture;
using test::kNever;
using test::MakeKey;
using test::Paid;

TEST_CASE("FailoverStore: what the shared store lost is found on the own disk, and put back") {
  FailoverFixture bench;
  REQUIRE(bench.store.Put(Paid(1), kNever));
  REQUIRE(bench.shared.behind.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));  // evicted
  const Claim claim = bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever);
  CHECK(claim.state == LeaseState::kOurs);
  REQUIRE(claim.found.outcome == LookupOutcome::kHit);
  CHECK(claim.found.tier == Tier::kSqlite);
  CHECK(bench.shared.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(bench.paid_calls() == 1);  // putting back pays for nothing
  CHECK(bench.store.ClaimLease({MakeKey(2), "ours", 20s}, kNever).found.outcome ==
        LookupOutcome::kMiss);
}

TEST_CASE("FailoverStore: a clear wins over a local copy, also where nobody told of it") {
  FailoverFixture bench;
  REQUIRE(bench.store.Put(Paid(1), kNever));
  REQUIRE(bench.shared.behind.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  bench.shared.clears = 1;
  bench.local.drops_at = 1;
  CHECK(bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever).found.outcome ==
        LookupOutcome::kMiss);
}

TEST_CASE("FailoverStore: a damaged count of clears drops nothing") {
  FailoverFixture bench;
  REQUIRE(bench.store.Put(Paid(1), kNever));
  REQUIRE(bench.store.RevalidateLocal());
  bench.local.drops_at = 5;  // if it were believed
  bench.shared.damage = 5;
  bench.store.MarkLocalStale();
  CHECK_FALSE(bench.store.RevalidateLocal());
  CHECK(bench.local.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(bench.store.RevalidateLocal());
  CHECK(bench.local.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("FailoverStore: a copy is not used while nobody can say whether it was cleared") {
  FailoverFixture bench;
  REQUIRE(bench.store.Put(Paid(1), kNever));
  bench.shared.away = true;  // the count of clears is not told
  CHECK(bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever).found.outcome ==
        LookupOutcome::kUnavailable);
}

namespace {

constexpr std::int64_t CountOf(std::int64_t epoch, std::int64_t clears = 0) {
  return (epoch << kClearBits) + clears;
}

}  // namespace

TEST_CASE("FailoverStore: totals that another replica has reset are not put back after a loss") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  REQUIRE(bench.store.Put(Paid(1), kNever));
  REQUIRE(bench.store.RevalidateLocal());
  REQUIRE(bench.store.Read(bench.clock.WallNow(), kNever));
  bench.store.ForgetTotals();
  bench.shared.clears = CountOf(9);
  bench.shared.totals = Counters{};
  bench.store.MarkLocalStale();
  REQUIRE(bench.store.RevalidateLocal());
  CHECK(bench.shared.losses_told == 1);
  CHECK(bench.shared.raised_to.all.empty());
  CHECK(bench.paid_calls() == 0);
}

TEST_CASE("FailoverStore: a shared store that lost its data gets counts and entries back, once") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  int repairs = 0;
  bench.store.OnLoss([&] { ++repairs; });
  REQUIRE(bench.store.Put(Paid(1), kNever));
  REQUIRE(bench.store.RevalidateLocal());
  REQUIRE(bench.store.Read(bench.clock.WallNow(), kNever));
  CHECK(bench.shared.losses_told == 0);

  bench.local.copies = {{.number = 2, .store_key = "newer"}, {.number = 1, .store_key = "older"}};
  bench.shared.clears = CountOf(9);
  bench.shared.totals = Counters{};
  bench.leases.shown_clears = 0;  // the store has none until somebody asks for the count
  REQUIRE(bench.shared.behind.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  CHECK(bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever).found.outcome ==
        LookupOutcome::kHit);
  CHECK(bench.shared.losses_told == 1);
  CHECK(bench.paid_calls() == 1);
  CHECK(repairs == 1);
  bench.store.Start();
  while (bench.shared.put_back().size() < 2) {
    bench.clock.Advance(200ms);
    std::this_thread::yield();
  }
  bench.store.Stop();
  CHECK(bench.shared.put_back() == std::vector<std::string>{"newer", "older"});

  bench.store.MarkLocalStale();  // another replica tells of the same loss
  REQUIRE(bench.store.RevalidateLocal());
  CHECK(bench.shared.losses_told == 1);
  CHECK(bench.warnings() == 1);
}

TEST_CASE("FailoverStore: a copy that reaches the disk after the refill is put back too") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  REQUIRE(bench.store.RevalidateLocal());
  bench.local.copies = {{.number = 1, .store_key = "early"}};
  bench.shared.clears = CountOf(6);
  bench.store.MarkLocalStale();
  REQUIRE(bench.store.RevalidateLocal());
  bench.store.Start();
  const auto await = [&](std::size_t count) {
    for (int i = 0; i < 20 && bench.shared.put_back().size() < count; ++i) {
      bench.clock.AwaitWaiters(2);
      bench.clock.Advance(100ms);
      for (int yields = 0; yields < 2'000; ++yields) std::this_thread::yield();
    }
  };
  await(1);
  bench.local.AddCopy({.number = 2, .store_key = "late"});
  await(2);
  bench.store.Stop();
  CHECK(bench.shared.put_back() == std::vector<std::string>{"early", "late"});
}

TEST_CASE("FailoverStore: totals that have shrunk are repaired before anybody sees them") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  REQUIRE(bench.store.Put(Paid(1), kNever));
  REQUIRE(bench.store.RevalidateLocal());
  REQUIRE(bench.store.Read(bench.clock.WallNow(), kNever));
  bench.shared.clears = CountOf(6);
  bench.shared.totals = Counters{};
  const auto totals = bench.store.Read(bench.clock.WallNow(), kNever);
  REQUIRE(totals);
  CHECK(totals->all.total(Counter::kPaidCalls) == 1);
}

TEST_CASE(
    "FailoverStore: after a loss a miss waits for what the others put back, and not for long") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  REQUIRE(bench.store.RevalidateLocal());
  bench.shared.clears = CountOf(6);
  bench.leases.shown_clears = CountOf(6);
  std::thread asking([&] {
    const Claim claim = bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever);
    CHECK(claim.state == LeaseState::kOurs);
    CHECK(claim.found.outcome == LookupOutcome::kHit);
  });
  bench.clock.AwaitWaiters(1);
  REQUIRE(bench.shared.behind.Put(Paid(1), kNever));  // by another replica
  bench.clock.Advance(100ms);
  asking.join();

  std::thread nobody_knows([&] {
    const Claim claim = bench.store.ClaimLease({MakeKey(2), "ours", 20s}, kNever);
    CHECK(claim.found.outcome == LookupOutcome::kMiss);
  });
  for (int i = 0; i < 24; ++i) {
    bench.clock.AwaitWaiters(1);
    bench.clock.Advance(100ms);
  }
  nobody_knows.join();
  CHECK(bench.store.ClaimLease({MakeKey(3), "ours", 20s}, kNever).found.outcome ==
        LookupOutcome::kMiss);  // without waiting
}

TEST_CASE("FailoverStore: who lost its lease during the wait after a loss does not pay") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  REQUIRE(bench.store.RevalidateLocal());
  bench.shared.clears = CountOf(6);
  bench.leases.shown_clears = CountOf(6);
  std::atomic<bool> answered{false};
  std::thread asking([&] {
    const Claim claim = bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever);
    CHECK(claim.state == LeaseState::kTheirs);
    answered = true;
  });
  bench.clock.AwaitWaiters(1);
  bench.leases.Lose(MakeKey(1));  // a second loss
  REQUIRE(bench.leases.ClaimLease({MakeKey(1), "theirs", 20s}, kNever).state == LeaseState::kOurs);
  while (!answered) {  // at most 100 ms further than a look: the lease must not expire
    bench.clock.Advance(100ms);
    while (bench.clock.waiters() > 0 && !answered) std::this_thread::yield();
    while (bench.clock.waiters() == 0 && !answered) std::this_thread::yield();
  }
  asking.join();
}

/// A store whose loss of data every claim shows, and a claim of `MakeKey(1)` that waits for what
/// other replicas put back.
struct AfterLoss : FailoverFixture {
  AfterLoss() {
    shared.clears = CountOf(5);
    REQUIRE(store.RevalidateLocal());
    shared.clears = CountOf(6);
    leases.shown_clears = CountOf(6);
    asking = std::thread([this] {
      const Claim claim = store.ClaimLease({MakeKey(1), "ours", 600s}, kNever);
      CHECK(claim.found.outcome == LookupOutcome::kHit);
      answered = true;
    });
    clock.AwaitWaiters(1);
  }
  ~AfterLoss() { asking.join(); }

  /// Lets so many pauses of the claim pass, one by one: the clock must not outrun its thread.
  void PassLooks(int count) {
    for (int i = 0; i < count && !answered; ++i) {
      const std::uint64_t looks = clock.looks();
      clock.Advance(100ms);
      while (clock.looks() == looks && !answered) std::this_thread::yield();
    }
  }

  std::atomic<bool> answered{false};
  std::thread asking;
};

TEST_CASE("FailoverStore: a second loss within the wait after the first begins the wait anew") {
  AfterLoss bench;
  bench.PassLooks(10);
  bench.shared.clears = CountOf(7);  // nobody has told yet
  bench.PassLooks(30);
  CHECK_FALSE(bench.answered);
  REQUIRE(bench.shared.behind.Put(Paid(1), kNever));  // put back by another replica
  while (!bench.answered) bench.PassLooks(1);
}

TEST_CASE("FailoverStore: a loss that only the claim after the wait shows begins the wait anew") {
  AfterLoss bench;
  bench.PassLooks(1);
  bench.leases.shown_clears = CountOf(7);
  bench.PassLooks(35);  // 2.5 s, and a second of the next wait
  CHECK_FALSE(bench.answered);
  REQUIRE(bench.shared.behind.Put(Paid(1), kNever));  // put back by another replica
  while (!bench.answered) bench.PassLooks(1);
}

TEST_CASE(
    "FailoverStore: a loss without a new connection puts back the leases of calls under way") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  REQUIRE(bench.store.RevalidateLocal());
  REQUIRE(bench.store.ClaimLease({MakeKey(1), "ours", 40s}, kNever).state == LeaseState::kOurs);
  bench.leases.Lose(MakeKey(1));
  bench.shared.clears = CountOf(6);
  bench.store.MarkLocalStale();
  REQUIRE(bench.store.RevalidateLocal());
  bench.store.Start();
  for (int i = 0; i < 100 && !bench.leases.Held(MakeKey(1)); ++i) {  // half of its life at most
    bench.clock.AwaitWaiters(2);
    bench.clock.Advance(100ms);
    for (int yields = 0; yields < 2'000; ++yields) std::this_thread::yield();
  }
  CHECK(bench.leases.Held(MakeKey(1)));
}

TEST_CASE("FailoverStore: a claim that shows the loss waits, also before the loss is confirmed") {
  FailoverFixture bench;
  bench.shared.clears = CountOf(5);
  REQUIRE(bench.store.RevalidateLocal());
  bench.leases.shown_clears = CountOf(6);
  bench.shared.counts_clears = false;  // as while another thread is asking for the count
  std::atomic<bool> answered{false};
  std::thread asking([&] {
    const Claim claim = bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever);
    CHECK(claim.found.outcome == LookupOutcome::kHit);
    answered = true;
  });
  while (bench.clock.waiters() == 0 && !answered) std::this_thread::yield();
  REQUIRE(bench.shared.behind.Put(Paid(1), kNever));  // by another replica
  bench.clock.Advance(100ms);
  asking.join();
}

TEST_CASE("FailoverStore: a hit is copied to the disk, for an outage of any length") {
  FailoverFixture bench;
  bench.store.CopyHits(1'000'000);
  REQUIRE(bench.shared.behind.Put(Paid(1), kNever));  // by another replica
  SUBCASE("one that a look-up finds") {
    REQUIRE(bench.store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  }
  SUBCASE("one that a claim finds, as after an interruption") {
    const Claim claim = bench.store.ClaimLease({MakeKey(1), "ours", 20s}, kNever);
    REQUIRE(claim.found.outcome == LookupOutcome::kHit);
  }
  bench.store.Start();
  while (bench.local.Lookup(MakeKey(1), kNever).outcome != LookupOutcome::kHit) {
    bench.clock.Advance(200ms);
    std::this_thread::yield();
  }
  while (bench.local.trimmed_to == 0) {
    bench.clock.Advance(10s);
    std::this_thread::yield();
  }
  bench.store.Stop();
  CHECK(bench.local.trimmed_to == 1'000'000);
  bench.shared.away = true;
  CHECK(bench.store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("FailoverStore: a hit from before a clear is not copied after it") {
  FailoverFixture bench;
  bench.store.CopyHits(1'000'000);
  REQUIRE(bench.shared.behind.Put(Paid(1), kNever));
  REQUIRE(bench.store.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  REQUIRE(bench.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  bench.store.Start();
  while (bench.local.trimmed_to == 0) {
    bench.clock.Advance(10s);
    std::this_thread::yield();
  }
  bench.store.Stop();
  CHECK(bench.local.Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
}

TEST_CASE("FailoverStore: what waited from before a missed clear is not delivered, its cost is") {
  FailoverFixture bench;
  REQUIRE(bench.store.RevalidateLocal());  // in contact
  bench.shared.away = true;
  REQUIRE(bench.store.Put(Paid(1), kNever));
  const WallTime cleared_at = bench.clock.WallNow();
  bench.clock.Advance(1s);
  REQUIRE(bench.store.Put(Paid(2), kNever));
  bench.shared.away = false;
  bench.shared.clears = 1;
  bench.shared.missed_clears = {{KeyPattern::All(), cleared_at}};
  // The connection for commands is back first: no event has told of the clear.
  REQUIRE(bench.store.DeliverNow());
  CHECK(bench.shared.delivered_keys == std::vector<std::string>{"", MakeKey(2).ToString()});
  CHECK(bench.paid_calls() == 2);
}

TEST_CASE("FailoverStore: nothing is delivered while the missed clears cannot be asked for") {
  FailoverFixture bench;
  REQUIRE(bench.store.RevalidateLocal());
  bench.shared.away = true;
  REQUIRE(bench.store.Put(Paid(1), kNever));
  bench.shared.away = false;
  bench.shared.clears = 1;
  bench.shared.hides_missed_clears = true;
  CHECK_FALSE(bench.store.DeliverNow());
  CHECK(bench.shared.delivered_keys.empty());
  bench.shared.hides_missed_clears = false;
  CHECK(bench.store.DeliverNow());
  CHECK(bench.shared.delivered_keys == std::vector<std::string>{MakeKey(1).ToString()});
}
