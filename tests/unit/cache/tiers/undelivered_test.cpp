// What waits in the local store while the shared one takes no writes: its lease, and its delivery.
#include <atomic>
#include <functional>
#include <thread>

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

namespace {

/// Whether the store's threads bring something about before so much time is over.
bool HappensWithin(FailoverFixture& bench, std::chrono::milliseconds limit,
                   const std::function<bool()>& condition) {
  constexpr std::chrono::milliseconds kStep{50};
  for (auto left = limit; left.count() > 0; left -= kStep) {
    for (int i = 0; i < 5'000; ++i) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    bench.clock.AwaitWaiters(2);
    bench.clock.Advance(kStep);
  }
  return false;
}

/// The delivery and the lease keeper, which wait for their first rounds.
void StartThreads(FailoverFixture& bench) {
  bench.store.Start();
  bench.clock.AwaitWaiters(2);
}

PutRequest LeasedPut(FailoverFixture& bench, unsigned number) {
  const LeaseRequest lease{MakeKey(number), "token", 40s};
  REQUIRE(bench.store.ClaimLease(lease, kNever).state == LeaseState::kOurs);
  PutRequest request = Paid(number);
  request.lease_token = lease.token;
  return request;
}

}  // namespace

TEST_CASE("FailoverStore: a verdict that waits keeps its lease, until it is delivered") {
  FailoverFixture bench;
  const PutRequest request = LeasedPut(bench, 1);
  bench.shared.refuses_writes = true;
  CHECK(bench.store.Put(request, kNever));
  StartThreads(bench);
  CHECK(HappensWithin(bench, 30s, [&] { return bench.leases.renewals > 0; }));
  bench.clock.Advance(15s);
  CHECK(bench.leases.Held(MakeKey(1)));
  bench.shared.refuses_writes = false;
  CHECK(HappensWithin(bench, 15s, [&] { return !bench.leases.Held(MakeKey(1)); }));
  CHECK(bench.store.pending() == 0);
}

TEST_CASE("FailoverStore: what is delivered at last frees the lease, also after a clear") {
  FailoverFixture bench;
  const PutRequest request = LeasedPut(bench, 1);
  bench.shared.refuses_writes = true;
  CHECK(bench.store.Put(request, kNever));
  CHECK(bench.store.Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  bench.shared.refuses_writes = false;
  StartThreads(bench);
  CHECK(HappensWithin(bench, 15s, [&] { return !bench.leases.Held(MakeKey(1)); }));
}

TEST_CASE("FailoverStore: delivers soon after the shared store took another write") {
  FailoverFixture bench;
  std::atomic<int> tries{0};
  bench.shared.before_deliver = [&] { ++tries; };
  bench.shared.refuses_writes = true;
  CHECK(bench.store.Put(Paid(1), kNever));
  StartThreads(bench);
  while (tries < 6) {  // by now the pause is the longest
    bench.clock.Advance(200ms);
    std::this_thread::yield();
  }
  bench.clock.AwaitWaiters(2);
  bench.shared.refuses_writes = false;
  CHECK(bench.store.Add({Hits(1), bench.clock.WallNow(), RandomId()}, kNever));
  CHECK(HappensWithin(bench, 3s, [&] { return bench.store.pending() == 0; }));
}
