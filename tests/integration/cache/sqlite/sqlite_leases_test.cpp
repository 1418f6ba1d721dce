#include "vcache/cache/sqlite/sqlite_leases.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

const CacheKey kContent = MakeKey(1);

LeaseRequest Asking(const std::string& token, std::chrono::milliseconds life = 60s) {
  return {kContent, token, life};
}

/// The store of a process and its leases.
struct LeaseFixture {
  explicit LeaseFixture(KeySpace the_keys = KeySpace()) : keys(std::move(the_keys)) {
    auto opened = OpenSqliteLeases({dir.path(), 20ms}, keys, *store, clock);
    if (!opened) FAIL(opened.error().message);
    leases = std::move(*opened);
  }
  LeaseState Ask(const std::string& token) {
    return leases->ClaimLease(Asking(token), kNever).state;
  }
  std::optional<std::string> Row() {
    return test::RawDatabase(dir.path()).Query("SELECT token FROM leases");
  }

  test::TempDir dir;
  test::FakeClock clock;
  KeySpace keys;
  std::unique_ptr<LocalStore> store = test::OpenStore(dir.path(), clock, NullLogger(), keys);
  std::unique_ptr<LeaseStore> leases;
};

}  // namespace

TEST_CASE("SqliteLeases: a lease is given to one, and again when its owner releases it") {
  LeaseFixture bench;
  const Claim first = bench.leases->ClaimLease(Asking("aa"), kNever);
  CHECK(first.state == LeaseState::kOurs);
  CHECK(first.is_new);
  CHECK(first.found.outcome == LookupOutcome::kMiss);
  CHECK_FALSE(bench.leases->ClaimLease(Asking("aa"), kNever).is_new);
  CHECK(bench.Ask("bb") == LeaseState::kTheirs);
  CHECK(*bench.leases->RequestNotification(kContent, kNever));
  CHECK(bench.leases->Release(kContent, "bb", std::nullopt, kNever));
  CHECK(bench.Ask("bb") == LeaseState::kTheirs);
  CHECK(bench.leases->Release(kContent, "aa", std::nullopt, kNever));
  CHECK_FALSE(*bench.leases->RequestNotification(kContent, kNever));
  CHECK(bench.Ask("bb") == LeaseState::kOurs);
}

TEST_CASE("SqliteLeases: storing the verdict ends the lease; whoever claims next finds it") {
  LeaseFixture bench(KeySpace({.prefix = "site:", .secret = Secret("a secret of some length")}));
  REQUIRE(bench.Ask("aa") == LeaseState::kOurs);
  PutRequest paid = MakePut(kContent, 1h);
  paid.lease_token = "aa";
  CHECK(bench.store->Put(paid, kNever));
  CHECK_FALSE(bench.Row());
  const Claim next = bench.leases->ClaimLease(Asking("bb"), kNever);
  CHECK(next.state == LeaseState::kOurs);
  CHECK(next.found.outcome == LookupOutcome::kHit);
  // Late, when another has the lease: the verdict is kept, the lease stays.
  CHECK(bench.store->Put(paid, kNever));
  CHECK(bench.Row() == "bb");
}

TEST_CASE("SqliteLeases: a lease ends by the steady clock, and with its process") {
  LeaseFixture bench;
  REQUIRE(bench.Ask("aa") == LeaseState::kOurs);
  bench.clock.Advance(899s);  // the longest call, whatever the life that is asked for
  CHECK(bench.Ask("bb") == LeaseState::kTheirs);
  bench.clock.Advance(1s);
  CHECK(bench.Ask("bb") == LeaseState::kOurs);
  test::RawDatabase(bench.dir.path()).Query("UPDATE leases SET owner = 'another-boot:1:1'");
  CHECK_FALSE(*bench.leases->RequestNotification(kContent, kNever));
  CHECK(bench.Ask("cc") == LeaseState::kOurs);
}

TEST_CASE("SqliteLeases: a failure is told to others until its pause is over") {
  LeaseFixture bench;
  REQUIRE(bench.Ask("aa") == LeaseState::kOurs);
  Error failure{ErrorCode::kVendorTimeout, "too slow"};
  failure.retry_after = 2s;
  CHECK(bench.leases->Release(kContent, "aa", failure, kNever));
  const Claim told = bench.leases->ClaimLease(Asking("bb"), kNever);
  CHECK(told.state == LeaseState::kFailed);
  REQUIRE(told.failure);
  CHECK(told.failure->code == ErrorCode::kVendorTimeout);
  CHECK(told.failure->retry_after == 2s);
  CHECK_FALSE(*bench.leases->RequestNotification(kContent, kNever));
  bench.clock.Advance(2s);
  CHECK(bench.Ask("bb") == LeaseState::kOurs);
}

TEST_CASE("SqliteLeases: an end that the disk does not take is written with the next claim") {
  LeaseFixture bench;
  REQUIRE(bench.Ask("aa") == LeaseState::kOurs);
  {
    test::RawDatabase other(bench.dir.path());
    other.Query("BEGIN IMMEDIATE");
    const Deadline now = Deadline::After(bench.clock, 0ms);
    CHECK_FALSE(bench.leases->Release(kContent, "aa", std::nullopt, now));
    other.Query("COMMIT");
  }
  const LeaseRequest another{MakeKey(2), "bb", 60s};
  CHECK(bench.leases->ClaimLease(another, kNever).state == LeaseState::kOurs);
  CHECK_FALSE(*bench.leases->RequestNotification(kContent, kNever));
}

TEST_CASE("SqliteLeases: a renewed lease lives on, or again; another's is left alone") {
  LeaseFixture bench;
  const LeaseRequest request = Asking("aa");
  REQUIRE(bench.Ask("aa") == LeaseState::kOurs);
  bench.clock.Advance(899s);
  CHECK(*bench.leases->Renew(request, kNever));
  bench.clock.Advance(899s);
  CHECK(bench.Ask("bb") == LeaseState::kTheirs);
  CHECK(bench.leases->ReleaseNamed(kContent.ToString(), "aa", kNever));
  CHECK(bench.Ask("bb") == LeaseState::kOurs);
  CHECK_FALSE(*bench.leases->Renew(request, kNever));
  CHECK(bench.leases->Release(kContent, "bb", std::nullopt, kNever));
  CHECK(*bench.leases->Renew(request, kNever));
  CHECK(bench.Ask("bb") == LeaseState::kTheirs);
}

TEST_CASE("SqliteLeases: of many that claim at once, one gets it") {
  test::TempDir dir;
  SystemClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  std::vector<std::unique_ptr<LeaseStore>> processes;
  for (int i = 0; i < 4; ++i) {
    processes.push_back(*OpenSqliteLeases({dir.path(), 20s}, KeySpace(), *store, clock));
  }
  std::atomic<int> owners{0};
  std::vector<std::thread> crowd;
  for (std::size_t i = 0; i < 16; ++i) {
    crowd.emplace_back([&, i] {
      const Claim claim = processes[i % 4]->ClaimLease(Asking("t" + std::to_string(i)), kNever);
      if (claim.state == LeaseState::kOurs) ++owners;
    });
  }
  for (std::thread& thread : crowd) thread.join();
  CHECK(owners == 1);
}

TEST_CASE("SqliteLeases: a database that takes no writes gives none, and still finds verdicts") {
  test::TempDir dir;
  SystemClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  REQUIRE(store->Put(MakePut(kContent, 1h), kNever));
  const auto leases = OpenSqliteLeases({dir.path(), 20ms}, KeySpace(), *store, clock);
  REQUIRE(leases);
  test::RawDatabase other(dir.path());
  other.Query("BEGIN IMMEDIATE");
  for (int tries = 0; tries < 3; ++tries) {
    const Claim claim = (*leases)->ClaimLease(Asking("aa"), kNever);
    CHECK(claim.state == LeaseState::kNotGranted);
    CHECK(claim.found.outcome == LookupOutcome::kHit);
  }
  other.Query("COMMIT");
  CHECK((*leases)->ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
}

TEST_CASE("OpenSqliteLeases: drops the leases of processes that are gone") {
  LeaseFixture bench;
  REQUIRE(bench.Ask("aa") == LeaseState::kOurs);
  test::RawDatabase(bench.dir.path()).Query("UPDATE leases SET owner = 'another-boot:1:1'");
  const auto next = OpenSqliteLeases({bench.dir.path()}, KeySpace(), *bench.store, bench.clock);
  CHECK(next);
  CHECK_FALSE(bench.Row());
}

TEST_CASE("SqliteStore: the number of clears tells another process of a clear") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto one = test::OpenStore(dir.path(), clock);
  const auto other = test::OpenStore(dir.path(), clock);
  const auto before = other->clears();
  REQUIRE(before);
  REQUIRE(one->Clear(KeyPattern::All(), ClearMode::kDryRun, kNever));
  CHECK(other->clears() == before);
  REQUIRE(one->Clear(KeyPattern::All(), ClearMode::kDelete, kNever));
  CHECK(*other->clears() == *before + 1);
  CHECK(one->clears() == other->clears());
}
