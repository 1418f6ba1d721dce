#include <doctest/doctest.h>

#include "support/fake_clock.h"
#include "support/fake_leases.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/tiers/lease_keeper.h"

using namespace vcache;
using namespace std::chrono_literals;
using cache::LeaseKeeper;
using cache::LeaseRequest;

namespace {

struct KeeperFixture {
  LeaseRequest Claim(const std::string& content) {
    const cache::CacheKey key = test::MakeKey(++contents_, cache::ContentKind::kText);
    const LeaseRequest request{key, "token of " + content, 40s};
    REQUIRE(leases.ClaimLease(request, Deadline::Never()).state == cache::LeaseState::kOurs);
    keeper.Hold(request, clock.Now());
    return request;
  }

  int contents_ = 0;
  test::FakeClock clock;
  cache::MemoryStore verdicts{{}, clock};
  test::FakeLeaseStore leases{verdicts, clock};
  LeaseKeeper keeper{leases, clock};
};

}  // namespace

TEST_CASE("LeaseKeeper: renews the lease of a long call, and of no other") {
  KeeperFixture bench;
  const LeaseRequest request = bench.Claim("a long one");
  bench.clock.Advance(19s);
  bench.keeper.Round();
  CHECK(bench.leases.renewals == 0);
  for (int i = 0; i < 10; ++i) {
    bench.clock.Advance(20s);
    bench.keeper.Round();
    bench.keeper.Round();
  }
  CHECK(bench.leases.renewals == 10);
  CHECK(bench.leases.Held(request.key));
  bench.keeper.Drop(request.token);
  bench.clock.Advance(40s);
  bench.keeper.Round();
  CHECK(bench.leases.renewals == 10);
  CHECK_FALSE(bench.leases.Held(request.key));
}

TEST_CASE("LeaseKeeper: puts back what the store lost, but not in place of another's") {
  KeeperFixture bench;
  const LeaseRequest lost = bench.Claim("lost");
  const LeaseRequest taken = bench.Claim("taken");
  bench.leases.Lose(lost.key);
  bench.leases.Give(taken.key, "another", 60s);
  bench.keeper.RenewAll();
  bench.keeper.Round();
  CHECK(bench.leases.Held(lost.key));
  CHECK(bench.leases.Renew(lost, Deadline::Never()).value() == true);
  CHECK(bench.leases.Renew(taken, Deadline::Never()).value() == false);
}

TEST_CASE("LeaseKeeper: a silent store is asked again in the next round") {
  KeeperFixture bench;
  const LeaseRequest request = bench.Claim("kept");
  bench.clock.Advance(20s);
  bench.leases.unavailable = true;
  bench.keeper.Round();
  bench.leases.unavailable = false;
  bench.clock.Advance(10s);
  bench.keeper.Round();
  bench.clock.Advance(30s);
  CHECK(bench.leases.Held(request.key));
}

TEST_CASE("LeaseKeeper: a renewal that comes after the end of its call leaves no lease") {
  KeeperFixture bench;
  const LeaseRequest request = bench.Claim("just over");
  bench.clock.Advance(20s);
  bench.leases.amid_renewal = [&] {
    REQUIRE(bench.leases.Release(request.key, request.token, std::nullopt, Deadline::Never()));
    bench.keeper.Drop(request.token);
  };
  bench.keeper.Round();
  CHECK(bench.leases.renewals == 1);
  CHECK_FALSE(bench.leases.Held(request.key));
}

TEST_CASE("LeaseKeeper: a renewal between the end of a lease and its drop leaves no lease") {
  KeeperFixture bench;
  const LeaseRequest request = bench.Claim("just over");
  bench.clock.Advance(20s);
  REQUIRE(bench.leases.Release(request.key, request.token, std::nullopt, Deadline::Never()));
  bench.keeper.Round();
  CHECK(bench.leases.Held(request.key));
  bench.keeper.Drop(request.token);
  bench.keeper.Round();
  CHECK_FALSE(bench.leases.Held(request.key));
}

TEST_CASE("LeaseKeeper: repeats an end until the store confirms it") {
  KeeperFixture bench;
  const LeaseRequest one = bench.Claim("one");
  const LeaseRequest other = bench.Claim("other");
  bench.leases.unavailable = true;
  for (const LeaseRequest& request : {one, other}) {
    bench.keeper.Drop(request.token);
    bench.keeper.EndLater([&bench, request](Deadline deadline) {
      return bench.leases.Release(request.key, request.token, std::nullopt, deadline);
    });
  }
  bench.keeper.Round();
  bench.leases.unavailable = false;
  CHECK(bench.leases.Held(one.key));
  bench.keeper.Round();
  CHECK_FALSE(bench.leases.Held(one.key));
  CHECK_FALSE(bench.leases.Held(other.key));
}

TEST_CASE("LeaseKeeper: a process that ends amid its calls releases their leases") {
  KeeperFixture bench;
  const LeaseRequest one = bench.Claim("one");
  const LeaseRequest other = bench.Claim("other");
  bench.keeper.ReleaseAll(Deadline::Never());
  CHECK_FALSE(bench.leases.Held(one.key));
  CHECK_FALSE(bench.leases.Held(other.key));
}
