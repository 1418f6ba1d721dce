#include <doctest/doctest.h>

#include <array>
#include <atomic>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/budget_store_conformance.h"
#include "support/entry_store_conformance.h"
#include "support/history_store_conformance.h"
#include "support/never.h"
#include "support/recording_logger.h"
#include "support/redis_cluster.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/redis/redis_budget.h"
#include "vcache/cache/redis/redis_history.h"
#include "vcache/cache/redis/redis_store.h"
#include "vcache/cache/tiers/failover_store.h"
#include "vcache/core/time_text.h"
#include "vcache/redis/cluster/resp_cluster.h"

// The shared store on a cluster of six real servers.

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;
using test::RedisCluster;
using test::RedisServer;

namespace {

/// A client of a cluster, and a store on it.
class ClusterStoreFixture {
 public:
  ClusterStoreFixture(const std::string& url, KeySpace keys,
                      std::chrono::milliseconds timeout = 5'000ms) {
    redis::ClusterClientOptions options;
    options.url = *redis::ParseRedisClusterUrl(url);
    options.command_timeout = timeout;
    client_ = *redis::MakeClusterClient(std::move(options), clock_, logger_);
    REQUIRE(client_->AwaitReady(Deadline::After(clock_, 10s)));
    RedisStoreOptions store;
    store.one_slot_scripts = true;
    store_ = MakeRedisStore(store, std::move(keys), *client_, clock_, logger_);
  }

  RedisStore& store() { return *store_; }
  redis::ClusterClient& client() { return *client_; }
  SystemClock& clock() { return clock_; }
  test::RecordingLogger& logger() { return logger_; }

 private:
  SystemClock clock_;
  test::RecordingLogger logger_;
  std::unique_ptr<redis::ClusterClient> client_;
  std::unique_ptr<RedisStore> store_;
};

/// Clusters take seconds to form: one is used again, emptied, until a promise kills it.
std::unique_ptr<RedisCluster>& SharedCluster() {
  static std::unique_ptr<RedisCluster> cluster;
  if (cluster == nullptr) cluster = std::make_unique<RedisCluster>();
  return cluster;
}

class ClusterUnderTest final : public test::StoreUnderTest {
 public:
  explicit ClusterUnderTest(KeySpace keys = KeySpace())
      : keys_(std::move(keys)), world_(Emptied().url(), keys_) {}

  VerdictStore& store() override { return world_.store(); }
  CounterStore* counters() override { return &world_.store(); }
  EntryStore& entries() { return world_.store(); }
  const Clock& clock() const override { return clock_; }
  void PassTime(std::chrono::seconds time) override { std::this_thread::sleep_for(time + 20ms); }
  std::chrono::seconds short_ttl() const override { return 1s; }
  std::chrono::milliseconds ttl_tolerance() const override { return 5s; }
  const KeySpace& keys() const override { return keys_; }
  bool SeedRaw(const std::string& key, const std::string& value,
               std::chrono::seconds ttl) override {
    Owner(key).Ask({"SET", key, value, "EX", std::to_string(ttl.count())});
    return true;
  }
  std::optional<std::string> ReadRaw(const std::string& key) override {
    if (Owner(key).Ask({"EXISTS", key}) == "0") return std::nullopt;
    return Owner(key).Ask({"GET", key});
  }
  bool MakeUnavailable() override {
    for (std::size_t i = 0; i < SharedCluster()->size(); ++i) SharedCluster()->server(i).Kill();
    while (world_.store().available()) std::this_thread::sleep_for(2ms);
    SharedCluster().reset();
    return true;
  }

 private:
  static RedisCluster& Emptied() {
    SharedCluster()->AskAll({"FLUSHALL"});
    return *SharedCluster();
  }
  static RedisServer& Owner(const std::string& key) {
    return SharedCluster()->server(SharedCluster()->OwnerOf(key));
  }

  SystemClock clock_;
  KeySpace keys_;
  ClusterStoreFixture world_;
};

/// Three replicas, each with a client of its own.
class ClusterBudgetUnderTest final : public test::BudgetUnderTest {
 public:
  ClusterBudgetUnderTest() {
    SharedCluster()->AskAll({"FLUSHALL"});
    for (auto& world : worlds_) {
      world = std::make_unique<ClusterStoreFixture>(SharedCluster()->url(), KeySpace());
      stores_.push_back(MakeRedisBudgetStore({true}, KeySpace(), world->client()));
    }
  }
  BudgetStore& replica(std::size_t number) override { return *stores_[number]; }
  std::size_t replicas() const override { return stores_.size(); }

 private:
  std::array<std::unique_ptr<ClusterStoreFixture>, 3> worlds_;
  std::vector<std::unique_ptr<BudgetStore>> stores_;
};

PutRequest PaidEntry(unsigned number) {
  PutRequest request = MakePut(MakeKey(number), 1'000s, number % 100);
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  return request;
}

std::int64_t PaidCallsOf(CounterStore& store, const Clock& clock) {
  const auto totals = store.Read(clock.WallNow(), kNever);
  return totals ? totals->all.total(Counter::kPaidCalls) : -1;
}

bool AwaitThat(const std::function<bool()>& holds, std::chrono::milliseconds limit = 30'000ms) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
  return holds();
}

}  // namespace

TEST_CASE("RedisStore on a cluster: keeps every promise of a VerdictStore") {
  if (!RedisServer::Available()) return;
  test::RunVerdictStoreConformance([] { return std::make_unique<ClusterUnderTest>(); });
}

TEST_CASE("RedisStore on a cluster: keeps every promise of an EntryStore") {
  if (!RedisServer::Available()) return;
  test::RunEntryStoreConformance([] { return std::make_unique<ClusterUnderTest>(); });
}

TEST_CASE("RedisStore on a cluster, with prefix and secret: keeps every promise of a store") {
  if (!RedisServer::Available()) return;
  test::RunVerdictStoreConformance([] {
    return std::make_unique<ClusterUnderTest>(
        KeySpace({.prefix = "s[i]*te?:", .secret = Secret("a secret of some length")}));
  });
}

TEST_CASE("RedisStore on a cluster: a clear finds the entries of all masters") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterStoreFixture world(cluster.url(), KeySpace());
  for (unsigned i = 0; i < 1'000; ++i) {
    REQUIRE(world.store().Put(MakePut(MakeKey(i), 1h), kNever));
  }
  CHECK(world.store().Clear(KeyPattern::All(), ClearMode::kDryRun, kNever)->analysis == 1'000);
  CHECK(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->analysis == 1'000);
  int left = 0;
  for (std::size_t i = 0; i < RedisCluster::kMasters; ++i) {
    left += std::stoi(cluster.server(i).Ask({"DBSIZE"}));
  }
  CHECK(left == 2);  // the count of clears, and their log
}

TEST_CASE("RedisStore on a cluster: verdicts and counts while a slot is moved") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterStoreFixture world(cluster.url(), KeySpace());
  REQUIRE(world.store().Put(PaidEntry(1), kNever));
  for (const std::string& key : {MakeKey(1).ToString(), std::string("{stats}:counters")}) {
    const std::size_t from = cluster.OwnerOf(key);
    const std::size_t to = (from + 1) % RedisCluster::kMasters;
    cluster.BeginMove(key, from, to);
    CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
    REQUIRE(world.store().Put(PaidEntry(1), kNever));
    cluster.MoveKey(key, from, to);
    CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
    REQUIRE(world.store().Put(PaidEntry(1), kNever));
    cluster.EndMove(key, to);
    CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
    REQUIRE(world.store().Put(PaidEntry(1), kNever));
  }
  CHECK(PaidCallsOf(world.store(), world.clock()) == 7);
  CHECK(world.client().Status().asked > 0);
  CHECK(world.client().Status().moved > 0);
}

TEST_CASE("RedisStore on a cluster: a fold while the statistics move folds all or nothing") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterStoreFixture world(cluster.url(), KeySpace());
  const WallTime now = world.clock().WallNow();
  int added = 0;
  const auto hit = [&](std::chrono::hours age) {
    // Each process begins with a fold.
    ClusterStoreFixture process(cluster.url(), KeySpace());
    Counters counters;
    counters.at(ContentKind::kText, Counter::kHits) = 1;
    CHECK(process.store().Add({counters, now - age, {}}, kNever));
    ++added;
  };
  const std::vector<std::chrono::hours> known = {24h, 25h, 26h, 27h, 28h, 29h};
  for (const auto age : known) hit(age);
  const std::string totals = "{stats}:counters";
  const std::size_t from = cluster.OwnerOf(totals);
  const std::size_t to = (from + 1) % RedisCluster::kMasters;
  cluster.BeginMove(totals, from, to);
  hit(96h);  // its hash does not exist: a script that comes to it must not have begun
  for (const auto age : known) hit(age);
  int moves = 0;
  for (std::string keys = cluster.server(from).Ask({"KEYS", "{stats}:*"}); !keys.empty(); ++moves) {
    const std::string key = keys.substr(0, keys.find('\n'));
    keys.erase(0, key.size() + 1);
    cluster.MoveKey(key, from, to);
    hit(24h);
  }
  cluster.EndMove(totals, to);
  CHECK(world.store().Read(now, kNever)->all.total(Counter::kHits) == added);
  hit(24h);
  CHECK(world.store().Read(now, kNever)->all.total(Counter::kHits) == added);
  const auto& server = cluster.server(to);
  const auto of_hour = [&](std::chrono::hours age) {
    return server.Ask({"HGET", "{stats}:hour:" + FormatTime(now - age).substr(0, 13), "text:hits"});
  };
  CHECK(of_hour(24h) == std::to_string(3 + moves));
  for (std::size_t i = 1; i < known.size(); ++i) CHECK(of_hour(known[i]) == "2");
  CHECK(of_hour(96h) == "1");
  CHECK(server.Ask({"HGET", totals, "text:hits"}) == std::to_string(added));
  CHECK(server.Ask({"HKEYS", totals}).find("pending") == std::string::npos);
}

TEST_CASE("RedisBudgetStore on a cluster: keeps every promise of a BudgetStore") {
  if (!RedisServer::Available()) return;
  test::RunBudgetStoreConformance([] { return std::make_unique<ClusterBudgetUnderTest>(); });
}

TEST_CASE("RedisHistory on a cluster: keeps every promise of a HistoryStore") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterStoreFixture world(cluster.url(), KeySpace());
  test::FakeClock clock;
  clock.Advance(50s);
  test::CheckHistoryStore(*MakeRedisHistory({3, 100s}, KeySpace(), world.client(), clock));
}

TEST_CASE("RedisBudgetStore on a cluster: sums on their way are changed together or not at all") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterStoreFixture world(cluster.url(), KeySpace());
  const auto budget = MakeRedisBudgetStore({true}, KeySpace(), world.client());
  const std::vector<BudgetClaim> claims = {test::MakeClaim("2026-11", 10, 25),
                                           test::MakeClaim("2026-11-21", 10, 25)};
  const std::vector<BudgetWindow> windows = {claims[0].window, claims[1].window};
  REQUIRE(budget->Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
  const std::string month = "{budget}:2026-11";
  const std::size_t from = cluster.OwnerOf(month);
  const std::size_t to = (from + 1) % RedisCluster::kMasters;
  cluster.BeginMove(month, from, to);
  cluster.MoveKey(month, from, to);
  CHECK(budget->Reserve(claims, kNever).outcome == BudgetOutcome::kUnavailable);
  CHECK_FALSE(budget->Adjust(
      {"aa", {test::MakeChange("2026-11", 1), test::MakeChange("2026-11-21", 1)}}, kNever));
  CHECK(*budget->Read(windows, kNever) == std::vector(2, Usd::FromMicros(10)));
  cluster.MoveKey("{budget}:2026-11-21", from, to);
  cluster.EndMove(month, to);
  CHECK(budget->Reserve(claims, kNever).outcome == BudgetOutcome::kGranted);
  CHECK(budget->Reserve(claims, kNever).outcome == BudgetOutcome::kRefused);
  CHECK(*budget->Read(windows, kNever) == std::vector(2, Usd::FromMicros(20)));
}

TEST_CASE("FailoverStore on a cluster: a master dies in the middle, nothing is lost or doubled") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster({"--cluster-require-full-coverage", "no"});
  ClusterStoreFixture world(cluster.url(), KeySpace(), 500ms);
  const test::TempDir directory;
  const auto local = test::OpenStore(directory.path(), world.clock(), world.logger(), KeySpace());
  FailoverStore store(world.store(), world.store(), local.get(), world.clock(), world.logger());
  store.Start();

  std::atomic<unsigned> kept{0};
  std::atomic<int> wrong{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> payers;
  for (unsigned t = 0; t < 3; ++t) {
    payers.emplace_back([&, t] {
      for (unsigned i = 0; !done; ++i) {
        const unsigned number = 1'000'000 * t + i;
        if (!store.Put(PaidEntry(number), kNever)) ++wrong;
        ++kept;
        // Known here or there, or nobody can say; never a miss, and never another content's.
        const auto found = store.Lookup(MakeKey(number), kNever);
        const bool is_hit = found.outcome == LookupOutcome::kHit;
        if (!is_hit && found.outcome != LookupOutcome::kUnavailable) ++wrong;
        if (is_hit && found.entry->verdict.ai_score != number % 100) ++wrong;
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  CHECK(AwaitThat([&] { return kept > 300; }));
  // The master that counts.
  const std::size_t victim = cluster.OwnerOf("{stats}:counters");
  cluster.SetNodeTimeout(RedisCluster::kQuickNodeTimeout);
  cluster.server(victim).Kill();
  const unsigned before = kept;
  CHECK(AwaitThat([&] { return kept > before + 300; }));
  CHECK(AwaitThat([&] { return world.client().Status().slots_served == 16'384; }));
  const unsigned after = kept;
  CHECK(AwaitThat([&] { return kept > after + 100; }));
  done = true;
  for (std::thread& payer : payers) payer.join();
  CHECK(wrong == 0);
  CHECK(AwaitThat([&] { return store.pending() == 0; }));
  CHECK(PaidCallsOf(store, world.clock()) == kept.load());
  CHECK(store.Clear(KeyPattern::All(), ClearMode::kDryRun, kNever)->analysis == kept.load());
  CHECK(cluster.OwnerOf("{stats}:counters") == victim + 3);
  MESSAGE("verdicts kept: " << kept.load());
}
