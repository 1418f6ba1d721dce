#include <doctest/doctest.h>

#include <atomic>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"
#include "support/recording_logger.h"
#include "support/redis_cluster.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/redis/redis_store.h"
#include "vcache/cache/tiers/failover_store.h"
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
  CHECK(left == 1);  // the count of clears
}

TEST_CASE("RedisStore on a cluster: verdicts and counts while a slot is moved") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterStoreFixture world(cluster.url(), KeySpace());
  REQUIRE(world.store().Put(PaidEntry(1), kNever));
  for (const std::string& key : {MakeKey(1).ToString(), std::string("stats:counters")}) {
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

TEST_CASE("FailoverStore on a cluster: a master dies in the middle, nothing is lost or doubled") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster({"--cluster-require-full-coverage", "no"});
  ClusterStoreFixture world(cluster.url(), KeySpace(), 500ms);
  const test::TempDir directory;
  const auto local = test::OpenStore(directory.path(), world.clock(), world.logger(), KeySpace());
  FailoverStore store(world.store(), local.get(), world.clock(), world.logger());
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
  const std::size_t victim = cluster.OwnerOf("stats:counters");
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
  CHECK(cluster.OwnerOf("stats:counters") == victim + 3);
  MESSAGE("verdicts kept: " << kept.load());
}
