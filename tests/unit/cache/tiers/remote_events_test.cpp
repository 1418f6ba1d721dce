#include "vcache/cache/tiers/remote_events.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "support/failover_fakes.h"
#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/never.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/clear_count.h"
#include "vcache/cache/store_events.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

/// One replica that hears of others.
struct EventFixture {
  explicit EventFixture(const KeySpace& keys = KeySpace())
      : memory({.max_ttl = 300s, .keys = keys}, clock) {}

  bool InMemory(unsigned number) {
    return tiers.LookupMemory(MakeKey(number)).outcome == LookupOutcome::kHit;
  }
  bool OnDisk(unsigned number) {
    return local.Lookup(MakeKey(number), kNever).outcome == LookupOutcome::kHit;
  }

  test::FakeClock clock;
  test::FakeSharedStore shared{clock};
  test::FakeLocalStore local{clock};
  test::FakeLeaseStore leases{shared, clock};
  FailoverStore failover{shared, leases, &local, clock, NullLogger()};
  MemoryStore memory;
  TieredStore tiers{&memory, &failover};
  LeaseNotifier notifier{KeySpace(), clock};
  RemoteEvents events{{shared, failover, tiers, notifier, clock}};
};

}  // namespace

TEST_CASE("StoreEvent: is read as it was written, and nothing else is") {
  using Kind = StoreEvent::Kind;
  for (const Kind kind : {Kind::kStored, Kind::kReleased, Kind::kCleared, Kind::kCountersReset}) {
    const auto read = DecodeEvent(EncodeEvent({kind, "analysis:*"}));
    REQUIRE(read);
    CHECK(read->kind == kind);
    CHECK(read->subject == (kind == Kind::kCountersReset ? "" : "analysis:*"));
  }
  CHECK(EncodeEvent({Kind::kCleared, "text:*"}) == R"({"event":"cleared","pattern":"text:*"})");
  CHECK(DecodeEvent(EncodeEvent({Kind::kCleared, "text:*", 5}))->clears == 5);
  for (const char* other :
       {"", "stored", "{}", R"({"event":"stored"})", R"({"event":"stored","key":7})",
        R"({"event":"renamed","key":"a"})", "[[[[[[[[1]]]]]]]]"}) {
    CHECK_FALSE(DecodeEvent(other));
  }
  CHECK_FALSE(DecodeEvent(R"({"event":"stored","key":")" + std::string(5'000, 'x') + "\"}"));
}

TEST_CASE("EventChannel: prefix and database are part of the name") {
  CHECK(EventChannel("", 0) == "vcache:events");
  CHECK(EventChannel("site:", 0) == "site:vcache:events");
  CHECK(EventChannel("site:", 7) == "site:vcache:events@7");
}

TEST_CASE("RemoteEvents: what another replica cleared leaves memory and disk, and nothing else") {
  EventFixture bench;
  for (unsigned i = 1; i <= 2; ++i) REQUIRE(bench.tiers.Put(MakePut(MakeKey(i), 1h), kNever));
  bench.events.OnMessage("nonsense");
  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kCleared, "text:*"}));
  CHECK(bench.InMemory(1));
  CHECK(bench.OnDisk(1));
  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kCleared, MakeKey(1).ToString()}));
  CHECK_FALSE(bench.InMemory(1));
  CHECK_FALSE(bench.OnDisk(1));
  CHECK(bench.InMemory(2));
  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kCleared, "[a-z]{3}"}));
  CHECK_FALSE(bench.InMemory(2));  // whatever that means, nothing stale is served
}

TEST_CASE("RemoteEvents: with a secret a clear is told by stored names, which tell no hash") {
  const KeySpace keys({.secret = Secret("a secret of some length")});
  EventFixture bench(keys);
  for (unsigned i = 1; i <= 2; ++i) REQUIRE(bench.tiers.Put(MakePut(MakeKey(i), 1h), kNever));
  const auto asked = KeyPattern::Parse(MakeKey(1).ToString());
  const std::string told = keys.StoredPattern(*asked)->text();
  CHECK(told.find(MakeKey(1).digest.ToHex()) == std::string::npos);
  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kCleared, told}));
  CHECK_FALSE(bench.InMemory(1));
  CHECK(bench.InMemory(2));
}

TEST_CASE("RemoteEvents: the end of another replica's call wakes who waits for it") {
  EventFixture bench;
  const auto ear = bench.notifier.Listen(MakeKey(1));
  const auto other = bench.notifier.Listen(MakeKey(2));
  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kStored, MakeKey(1).ToString()}));
  CHECK(ear->Await(kNever));
  CHECK_FALSE(other->Await(Deadline::At(bench.clock.Now())));
  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kReleased, MakeKey(2).ToString()}));
  CHECK(other->Await(kNever));
  CHECK_FALSE(ear->Await(Deadline::At(bench.clock.Now())));
}

TEST_CASE("RemoteEvents: after a gap memory is kept only if nothing was cleared meanwhile") {
  EventFixture bench;
  bench.shared.clears = 3;
  bench.events.OnListening();
  CHECK(bench.local.synced_to == 3);
  REQUIRE(bench.tiers.Put(MakePut(MakeKey(1), 1h), kNever));
  const auto ear = bench.notifier.Listen(MakeKey(9));
  bench.events.OnListening();
  CHECK(bench.InMemory(1));
  CHECK(ear->Await(kNever));  // an announcement may have been missed

  bench.shared.clears = 4;
  bench.events.OnListening();
  CHECK_FALSE(bench.InMemory(1));
  CHECK(bench.local.synced_to == 4);
}

TEST_CASE("RemoteEvents: a clear that was heard is not missed after a gap") {
  EventFixture bench;
  bench.shared.clears = 3;
  bench.events.OnListening();
  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kCleared, "text:*", 4}));
  CHECK(bench.local.noted_clear == 4);
  bench.shared.clears = 4;
  REQUIRE(bench.tiers.Put(MakePut(MakeKey(1), 1h), kNever));
  bench.events.OnListening();
  CHECK(bench.InMemory(1));

  bench.events.OnMessage(EncodeEvent({StoreEvent::Kind::kCleared, "text:*", 6}));  // not the fifth
  bench.shared.clears = 6;
  bench.events.OnListening();
  CHECK_FALSE(bench.InMemory(1));
}

TEST_CASE("MayHaveMissedClear: a count that was lost and has grown again is another") {
  constexpr std::int64_t kEpoch = std::int64_t{77} << kClearBits;
  CHECK_FALSE(MayHaveMissedClear(kEpoch + 3, kEpoch + 3));
  CHECK(MayHaveMissedClear(kEpoch + 3, kEpoch + 4));
  constexpr std::int64_t kNext = std::int64_t{78} << kClearBits;
  CHECK_FALSE(MayHaveMissedClear(kEpoch + 3, kNext));  // the store lost its data; nobody cleared
  CHECK(MayHaveMissedClear(kEpoch + 3, kNext + 3));
  CHECK(MayHaveMissedClear(3, 4));  // of the version before
  CHECK(MayHaveMissedClear(kEpoch + 3, 3));
}

TEST_CASE("RemoteEvents: who cannot ask what was cleared drops its memory") {
  EventFixture bench;
  bench.events.OnListening();
  REQUIRE(bench.tiers.Put(MakePut(MakeKey(1), 1h), kNever));
  bench.shared.away = true;
  std::thread listening([&] { bench.events.OnListening(); });
  bench.clock.AwaitWaiters(1);
  bench.clock.Advance(1s);
  listening.join();
  CHECK_FALSE(bench.InMemory(1));
  bench.shared.away = false;
  REQUIRE(bench.tiers.Put(MakePut(MakeKey(1), 1h), kNever));
  bench.events.OnListening();  // what was seen before the gap is not known any more
  CHECK_FALSE(bench.InMemory(1));
}
