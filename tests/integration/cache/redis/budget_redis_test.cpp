#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

#include "integration/cache/redis/redis_fixture.h"
#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/budget_store_conformance.h"
#include "support/fake_redis.h"
#include "vcache/cache/redis/redis_budget.h"
#include "vcache/cache/sqlite/sqlite_budget.h"
#include "vcache/cache/tiers/failover_budget.h"
#include "vcache/core/random_id.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeChange;
using test::MakeClaim;
using test::RedisServer;

namespace {

constexpr std::int64_t kCent = 10'000;

std::unique_ptr<redis::RespConnection> Connect(const std::string& url, Clock& clock) {
  redis::RespConnectionOptions options;
  options.url = *redis::ParseRedisUrl(url);
  options.command_timeout = 5'000ms;
  options.last_retry = 100ms;
  return *redis::MakeRespConnection(options, clock, NullLogger());
}

/// Three replicas on one Redis, each with a connection of its own.
class RedisBudgetFixture final : public test::BudgetUnderTest {
 public:
  explicit RedisBudgetFixture(RedisBudgetOptions options = {}) {
    for (int i = 0; i < 3; ++i) {
      connections_.push_back(Connect(server_.url(), clock_));
      REQUIRE(connections_.back()->AwaitReady(Deadline::After(clock_, 10s)));
      stores_.push_back(
          MakeRedisBudgetStore(options, KeySpace({.prefix = "p:"}), *connections_.back()));
    }
  }
  BudgetStore& replica(std::size_t number) override { return *stores_[number]; }
  std::size_t replicas() const override { return stores_.size(); }
  RedisServer& server() { return server_; }

 private:
  RedisServer server_;
  SystemClock clock_;
  std::vector<std::unique_ptr<redis::RespConnection>> connections_;
  std::vector<std::unique_ptr<BudgetStore>> stores_;
};

/// A replica with everything: Redis, and a disk for what waits.
struct BudgetReplica {
  explicit BudgetReplica(const std::string& url) : connection(Connect(url, clock)) {
    disk = *OpenSqliteBudget({.directory = dir.path()}, KeySpace(), clock);
    redis = MakeRedisBudgetStore({}, KeySpace(), *connection);
    Restart();
  }
  /// As when the process ends and starts again.
  void Restart() {
    budget.reset();
    budget = std::make_unique<FailoverBudget>(*redis, disk.get(), clock, logger);
    budget->Start();
  }
  bool Await(const std::function<bool()>& done) {
    const auto until = clock.Now() + 20s;
    while (!done() && clock.Now() < until) std::this_thread::sleep_for(5ms);
    return done();
  }
  BudgetAnswer Reserve(std::int64_t amount, std::int64_t limit) {
    const std::vector<BudgetClaim> claims = {MakeClaim("2026-11-21", amount, limit)};
    return budget->Reserve(claims, kNever);
  }
  bool Waits() { return !disk->SumPending(kNever)->empty(); }

  test::TempDir dir;
  SystemClock clock;
  test::RecordingLogger logger;
  std::unique_ptr<redis::RespConnection> connection;
  std::unique_ptr<SqliteBudgetStore> disk;
  std::unique_ptr<BudgetStore> redis;
  std::unique_ptr<FailoverBudget> budget;
};

}  // namespace

TEST_CASE("RedisBudgetStore: keeps every promise of a BudgetStore, over three replicas") {
  if (!RedisServer::Available()) return;
  test::RunBudgetStoreConformance([] { return std::make_unique<RedisBudgetFixture>(); });
}

TEST_CASE("RedisBudgetStore: keeps them too where a script may touch one slot only") {
  if (!RedisServer::Available()) return;
  test::RunBudgetStoreConformance(
      [] { return std::make_unique<RedisBudgetFixture>(RedisBudgetOptions{true}); });
}

TEST_CASE("RedisBudgetStore: the documented keys, lives and number of commands") {
  if (!RedisServer::Available()) return;
  RedisBudgetFixture world;
  RedisServer& server = world.server();
  const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 10h;
  const std::vector<BudgetClaim> claims = {
      {BudgetMonth({}, now), Usd::FromMicros(kCent), Usd::FromMicros(100 * kCent)},
      {BudgetDay("sapling", now), Usd::FromMicros(kCent), Usd::FromMicros(100 * kCent)}};
  REQUIRE(world.replica(0).Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
  CHECK(server.Ask({"GET", "p:budget:2026-11"}) == "10000");
  CHECK(server.Ask({"GET", "p:budget:sapling:2026-11-21"}) == "10000");
  CHECK(std::stoi(server.Ask({"TTL", "p:budget:2026-11"})) > 86'400 * 40 - 60);
  const int life = std::stoi(server.Ask({"TTL", "p:budget:sapling:2026-11-21"}));
  CHECK(life > 86'400 * 2 - 60);
  CHECK(life <= 86'400 * 2);

  server.Ask({"CONFIG", "RESETSTAT"});
  REQUIRE(world.replica(0).Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
  CHECK(server.Calls("evalsha") == 1);
  CHECK(server.Calls("mget") == 1);
  CHECK(server.Calls("set") == 2);
}

TEST_CASE("RedisBudgetStore: what is no number is no budget, and is left as it is") {
  if (!RedisServer::Available()) return;
  RedisBudgetFixture world;
  world.server().Ask({"SET", "p:budget:2026-11-21", "garbage"});
  const std::vector<BudgetClaim> claims = {MakeClaim("2026-11", 1, 100),
                                           MakeClaim("2026-11-21", 1, 100)};
  const auto answer = world.replica(0).Reserve(claims, kNever);
  CHECK(answer.outcome == BudgetOutcome::kUnavailable);
  CHECK(answer.reason.find("no number in p:budget:2026-11-21") != std::string::npos);
  CHECK(world.Sum("2026-11") == 0);
  CHECK(world.Sum("2026-11-21") == -1);
  CHECK_FALSE(world.replica(0).Adjust({"aa", {MakeChange("2026-11-21", 1)}}, kNever));
  CHECK(world.server().Ask({"GET", "p:budget:2026-11-21"}) == "garbage");
  CHECK(world.server().Ask({"EXISTS", "p:adjusted:aa"}) == "0");
}

TEST_CASE("RedisBudgetStore: a full server grants nothing of several windows") {
  if (!RedisServer::Available()) return;
  RedisBudgetFixture world;
  world.server().Ask({"CONFIG", "SET", "maxmemory", "1"});
  const std::vector<BudgetClaim> claims = {MakeClaim("2026-11", 1, 100),
                                           MakeClaim("2026-11-21", 1, 100)};
  CHECK(world.replica(0).Reserve(claims, kNever).outcome == BudgetOutcome::kUnavailable);
  world.server().Ask({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(world.Sum("2026-11") == 0);
  CHECK(world.Sum("2026-11-21") == 0);
}

TEST_CASE("RedisBudgetStore: an adjustment counts as done by nothing but its own answer") {
  for (const char* answer : {"+OK", "+DUPLICATE", ":1", "$-1", "$9\r\nadjusted:", "+8OOM", "*0"}) {
    CAPTURE(answer);
    test::FakeRedis server([&](test::FakeRedisPeer& peer, int) {
      peer.Greet();
      while (!peer.Read().empty()) peer.Send(std::string(answer) + "\r\n");
    });
    SystemClock clock;
    const auto connection = Connect(server.url(), clock);
    REQUIRE(connection->AwaitReady(Deadline::After(clock, 10s)));
    const auto store = MakeRedisBudgetStore({}, KeySpace(), *connection);
    CHECK_FALSE(store->Adjust({RandomId(), {MakeChange("2026-11-21", kCent)}}, kNever));
  }
}

TEST_CASE("FailoverBudget on Redis: an outage is lived through with a tenth, and nothing is lost") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  BudgetReplica replica(server.url());
  REQUIRE(replica.Await([&] { return replica.budget->available(); }));
  REQUIRE(replica.Reserve(20 * kCent, 100 * kCent).outcome == BudgetOutcome::kGranted);

  server.Kill();
  int granted = 0;
  while (replica.Reserve(kCent, 100 * kCent).outcome == BudgetOutcome::kGranted) ++granted;
  CHECK(granted == 8);  // a tenth of the 80 that were left
  CHECK(replica.Waits());
  replica.Restart();  // what waits is on disk, and is no new tenth
  CHECK(replica.Reserve(3 * kCent, 100 * kCent).outcome == BudgetOutcome::kRefused);

  server.Start();  // empty: only what was spent meanwhile is in it
  REQUIRE(replica.Await([&] { return !replica.Waits(); }));
  CHECK(server.Ask({"GET", "budget:2026-11-21"}) == std::to_string(8 * kCent));
  const auto after = replica.Reserve(kCent, 100 * kCent);
  CHECK(after.outcome == BudgetOutcome::kGranted);
  CHECK_FALSE(after.is_local);
  CHECK(after.sums.front().micros() == 9 * kCent);
}

TEST_CASE("FailoverBudget on Redis: an adjustment whose reply was lost counts once") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  BudgetReplica replica(server.url());
  REQUIRE(replica.Await([&] { return replica.budget->available(); }));
  REQUIRE(replica.Reserve(50 * kCent, 100 * kCent).outcome == BudgetOutcome::kGranted);
  server.Freeze();
  const Deadline soon = Deadline::After(replica.clock, 300ms);
  // Sent, and carried out when the server thaws.
  CHECK(replica.budget->Adjust({RandomId(), {MakeChange("2026-11-21", -20 * kCent)}}, soon));
  CHECK(replica.Waits());
  server.Thaw();
  REQUIRE(replica.Await([&] { return !replica.Waits(); }));
  CHECK(server.Ask({"GET", "budget:2026-11-21"}) == std::to_string(30 * kCent));
}

TEST_CASE("FailoverBudget: sums that Redis lost are raised to what this replica last saw") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  BudgetReplica one(server.url());
  BudgetReplica other(server.url());
  REQUIRE(one.Reserve(40 * kCent, 100 * kCent).outcome == BudgetOutcome::kGranted);
  REQUIRE(other.Reserve(2 * kCent, 100 * kCent).outcome == BudgetOutcome::kGranted);
  server.Ask({"FLUSHALL"});
  one.budget->RestoreAfterLoss();
  CHECK(server.Ask({"GET", "budget:2026-11-21"}) == std::to_string(40 * kCent));
  other.budget->RestoreAfterLoss();
  one.budget->RestoreAfterLoss();
  CHECK(server.Ask({"GET", "budget:2026-11-21"}) == std::to_string(42 * kCent));
  CHECK(std::stoi(server.Ask({"TTL", "budget:2026-11-21"})) > 0);
  CHECK(other.Reserve(60 * kCent, 100 * kCent).outcome == BudgetOutcome::kRefused);
}
