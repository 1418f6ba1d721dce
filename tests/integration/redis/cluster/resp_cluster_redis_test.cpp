#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <set>

#include "integration/redis/resp_test_support.h"
#include "support/redis_cluster.h"
#include "vcache/redis/cluster/resp_cluster.h"

// A cluster of six real servers: three masters, three replicas.

using namespace vcache;         // NOLINT: a test
using namespace vcache::redis;  // NOLINT: a test
using test::Command;
using test::Eventually;
using test::milliseconds;
using test::RedisCluster;
using test::RedisServer;
using namespace std::chrono_literals;

namespace {

/// A client of a real cluster, ready.
struct ClusterFixture {
  /// The rounds of a busy machine under sanitizers are not what most of these tests are about.
  explicit ClusterFixture(const std::string& url, milliseconds timeout = 5'000ms) {
    ClusterClientOptions options;
    options.url = *ParseRedisClusterUrl(url);
    options.command_timeout = timeout;
    auto made = MakeClusterClient(std::move(options), clock, logger);
    REQUIRE(made);
    client = *std::move(made);
    REQUIRE(client->AwaitReady(Deadline::After(clock, 10s)));
  }

  Result<RespReply> Run(std::vector<std::string> words) {
    return client->Run(Command(std::move(words)), Deadline::Never());
  }
  /// The text of a reply, or what went wrong.
  std::string Text(std::vector<std::string> words) {
    const auto reply = Run(std::move(words));
    if (!reply) return "failed: " + reply.error().message;
    return reply->nil() ? "(nil)" : reply->text;
  }

  SystemClock clock;
  test::RecordingLogger logger;
  std::unique_ptr<ClusterClient> client;
};

std::string KeyOf(int number) {
  return "key:" + std::to_string(number);
}

}  // namespace

TEST_CASE("ClusterClient: keys of all slots, one by one and together") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterFixture bench(cluster.url());
  for (int i = 0; i < 300; ++i) {
    REQUIRE(bench.Run({"SET", KeyOf(i), std::to_string(i)})->is_status("OK"));
  }
  for (std::size_t i = 0; i < RedisCluster::kMasters; ++i) {
    CHECK(std::stoi(cluster.server(i).Ask({"DBSIZE"})) > 50);
  }
  std::vector<std::string> mget = {"MGET"};
  for (int i = 299; i >= -1; --i) mget.push_back(KeyOf(i));
  const auto many = bench.Run(mget);
  REQUIRE(many);
  REQUIRE(many->elements.size() == 301);
  for (int i = 0; i < 300; ++i) {
    CHECK(many->elements[static_cast<std::size_t>(299 - i)].text == std::to_string(i));
  }
  CHECK(many->elements[300].nil());
  // One call with several commands, of several servers: replies in their order.
  std::vector<RespCommand> commands;
  for (int i = 0; i < 50; ++i) commands.push_back(Command({"GET", KeyOf(i)}));
  const auto replies = bench.client->Run(commands, Deadline::Never());
  REQUIRE(replies);
  for (int i = 0; i < 50; ++i) {
    CHECK((*replies)[static_cast<std::size_t>(i)].text == std::to_string(i));
  }
  // A walk over all masters shows each key.
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const auto page = bench.Run({"SCAN", cursor, "MATCH", "key:*", "COUNT", "20"});
    REQUIRE(page);
    REQUIRE(page->elements.size() == 2);
    cursor = page->elements[0].text;
    for (const auto& key : page->elements[1].elements) seen.insert(key.text);
  } while (cursor != "0");
  CHECK(seen.size() == 300);
  std::vector<std::string> unlink = {"UNLINK"};
  unlink.insert(unlink.end(), seen.begin(), seen.end());
  CHECK(bench.Run(unlink)->integer == 300);
  CHECK(bench.client->Status().moved == 0);  // the slots were known: nobody had to be sent on
  CHECK(bench.client->Status().slots_served == 16'384);
  CHECK(bench.logger.Count(LogLevel::kWarn) == 0);
}

TEST_CASE("ClusterClient: a script is taught to each server, and its keys share a slot") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterFixture bench(cluster.url());
  const RespScript script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  for (int round = 1; round <= 2; ++round) {
    for (int i = 0; i < 30; ++i) {
      const std::vector<std::string> keys = {KeyOf(i)};
      const std::vector<std::string> arguments = {"1"};
      const auto reply = script.Run(*bench.client, keys, arguments, Deadline::Never());
      REQUIRE(reply);
      CHECK(reply->integer == round);
    }
  }
  const std::vector<std::string> apart = {"{a}", "{b}"};
  const auto refused = script.Run(*bench.client, apart, {}, Deadline::Never());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInternal);
}

TEST_CASE("ClusterClient: an idle, healthy cluster is asked nothing") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterFixture bench(cluster.url());
  CHECK(Eventually([&] {  // until what the start set off is over
    const auto before = bench.client->Status().refreshes;
    std::this_thread::sleep_for(700ms);
    return bench.client->Status().refreshes == before;
  }));
  cluster.AskAll({"CONFIG", "RESETSTAT"});
  std::this_thread::sleep_for(2s);
  for (std::size_t i = 0; i < RedisCluster::kMasters; ++i) {
    const std::string stats = cluster.server(i).Ask({"INFO", "commandstats"});
    CHECK(stats.find("cluster|slots") == std::string::npos);
    CHECK(stats.find("cmdstat_ping") == std::string::npos);
  }
}

TEST_CASE("ClusterClient: a slot is moved while it is read (ASK and MOVED)") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  ClusterFixture bench(cluster.url());
  constexpr int kKeys = 60;
  const auto key_of = [](int i) { return "{moving}" + std::to_string(i); };
  for (int i = 0; i < kKeys; ++i) REQUIRE(bench.Run({"SET", key_of(i), std::to_string(i)}));
  const std::size_t from = cluster.OwnerOf("{moving}");
  REQUIRE(from < RedisCluster::kMasters);
  const std::size_t to = (from + 1) % RedisCluster::kMasters;

  std::atomic<bool> done{false};
  std::atomic<int> reads{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&, t] {
      for (int i = t; !done; ++i) {
        const int number = i % kKeys;
        if (t == 0) {  // several keys of the slot at once: TRYAGAIN parts them
          const auto both = bench.Run({"MGET", key_of(number), key_of((number + 7) % kKeys)});
          if (!both || both->elements[0].text != std::to_string(number) ||
              both->elements[1].text != std::to_string((number + 7) % kKeys)) {
            ++wrong;
          }
        } else if (bench.Text({"GET", key_of(number)}) != std::to_string(number)) {
          ++wrong;
        }
        ++reads;
      }
    });
  }
  cluster.BeginMove("{moving}", from, to);
  for (int i = 0; i < kKeys; ++i) {
    cluster.MoveKey(key_of(i), from, to);
    const int before = reads;
    Eventually([&] { return reads > before + 4; });
  }
  // What is written now, for the first time, goes where the slot goes.
  CHECK(bench.Text({"SET", key_of(1'000), "new"}) == "OK");
  cluster.EndMove("{moving}", to);
  CHECK(Eventually([&] { return bench.client->Status().moved > 0; }));
  const int before = reads;
  CHECK(Eventually([&] { return reads > before + 100; }));
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
  CHECK(cluster.OwnerOf("{moving}") == to);
  CHECK(bench.Text({"GET", key_of(1'000)}) == "new");
  CHECK(bench.client->Status().asked > 0);
  // The map was read again: nobody is sent on any more.
  CHECK(Eventually([&] {
    const auto moved = bench.client->Status().moved;
    for (int i = 0; i < 20; ++i) (void)bench.Text({"GET", key_of(i)});
    return bench.client->Status().moved == moved;
  }));
  MESSAGE("reads " << reads.load() << ", asked " << bench.client->Status().asked << ", moved "
                   << bench.client->Status().moved);
}

TEST_CASE("ClusterClient: a master dies, and its replica takes over") {
  if (!RedisServer::Available()) return;
  // Without this a cluster that lacks a slot answers for none of them.
  const RedisCluster cluster({"--cluster-require-full-coverage", "no"});
  ClusterFixture bench(cluster.url());
  std::map<std::size_t, std::vector<std::string>> keys_of;
  for (int i = 0; i < 90; ++i) {
    REQUIRE(bench.Run({"SET", KeyOf(i), KeyOf(i)}));
    keys_of[cluster.OwnerOf(KeyOf(i))].push_back(KeyOf(i));
  }
  REQUIRE(keys_of.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) cluster.AwaitReplica(i);
  const std::size_t victim = cluster.OwnerOf("stats:counters");
  cluster.SetNodeTimeout(RedisCluster::kQuickNodeTimeout);
  cluster.server(victim).Kill();
  CHECK(Eventually([&] { return bench.client->Status().ready == 2; }));
  CHECK(bench.client->available());  // two thirds of the slots

  // Its slots fail at once, the others' go on; one call over all of them says which is which.
  const auto begun = std::chrono::steady_clock::now();
  const auto lost = bench.Run({"GET", keys_of[victim][0]});
  if (!lost) {
    CHECK(lost.error().code == ErrorCode::kStoreUnavailable);
    CHECK(std::chrono::steady_clock::now() - begun < 2s);
    std::vector<std::string> mget = {"MGET"};
    for (const auto& [owner, keys] : keys_of) mget.push_back(keys[0]);
    const auto many = bench.Run(mget);
    REQUIRE(many);
    std::size_t place = 0;
    for (const auto& [owner, keys] : keys_of) {
      CAPTURE(owner);
      if (owner == victim) {
        CHECK(many->elements[place].is_error());
      } else {
        CHECK(many->elements[place].text == keys[0]);
      }
      ++place;
    }
  }
  for (const auto& [owner, keys] : keys_of) {
    if (owner == victim) continue;
    for (const std::string& key : keys) CHECK(bench.Text({"GET", key}) == key);
  }
  // Until the replica is promoted; then everything is answered again, and answered right.
  std::string wrong;
  CHECK(Eventually(
      [&] {
        const std::string text = bench.Text({"GET", keys_of[victim][0]});
        if (text != keys_of[victim][0] && !text.starts_with("failed:")) wrong = text;
        return text == keys_of[victim][0];
      },
      20'000ms));
  CHECK(wrong.empty());
  for (const auto& [owner, keys] : keys_of) {
    for (const std::string& key : keys) CHECK(bench.Text({"GET", key}) == key);
  }
  CHECK(Eventually([&] { return bench.client->Status().slots_served == 16'384; }));
  CHECK(bench.Text({"SET", keys_of[victim][0], "again"}) == "OK");
  // The old master comes back as a replica of the new one; nobody is disturbed.
  cluster.SetNodeTimeout(RedisCluster::kNodeTimeout);
  cluster.server(victim).Start();
  RedisCluster::Await("the cluster does not become whole", [&] { return cluster.IsWhole(); });
  CHECK(bench.Text({"GET", keys_of[victim][0]}) == "again");
  CHECK(cluster.OwnerOf(keys_of[victim][0]) == victim + 3);
}

TEST_CASE("ClusterClient: a master that stands still is replaced, and demoted when it goes on") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster({"--cluster-require-full-coverage", "no"});
  ClusterFixture bench(cluster.url(), 500ms);
  REQUIRE(bench.Run({"SET", "key", "old"}));
  const std::size_t owner = cluster.OwnerOf("key");
  cluster.AwaitReplica(owner);
  cluster.SetNodeTimeout(RedisCluster::kQuickNodeTimeout);
  cluster.server(owner).Freeze();
  CHECK_FALSE(bench.Run({"GET", "key"}));
  int slow = 0;
  for (int i = 0; i < 50; ++i) {  // until then, nobody waits for it but now and then
    const auto begun = std::chrono::steady_clock::now();
    (void)bench.Run({"GET", "key"});
    slow += std::chrono::steady_clock::now() - begun > 400ms ? 1 : 0;
  }
  CHECK(slow <= 5);
  CHECK(Eventually([&] { return bench.Text({"SET", "key", "new"}) == "OK"; }, 20'000ms));
  cluster.server(owner).Thaw();
  cluster.SetNodeTimeout(RedisCluster::kNodeTimeout);
  for (int i = 0; i < 200; ++i) {
    CHECK(bench.Text({"GET", "key"}) != "old");
    std::this_thread::sleep_for(2ms);
  }
  CHECK(Eventually([&] { return bench.Text({"GET", "key"}) == "new"; }));
  RedisCluster::Await("the cluster does not become whole", [&] { return cluster.IsWhole(); });
  CHECK(cluster.OwnerOf("key") == owner + 3);
}

TEST_CASE("ClusterClient: a cluster that says it is down is asked again only by ourselves") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;  // full coverage is required, as by default
  ClusterFixture bench(cluster.url());
  REQUIRE(bench.Run({"SET", "key", "value"}));
  const std::size_t owner = cluster.OwnerOf("key");
  const std::size_t victim = (owner + 1) % 3;
  cluster.SetNodeTimeout(RedisCluster::kQuickNodeTimeout);
  // Its replica first, so that nobody can be promoted.
  cluster.server(victim + 3).Kill();
  cluster.server(victim).Kill();
  CHECK(Eventually([&] { return !bench.Run({"GET", "key"}); }, 20'000ms));
  CHECK(Eventually([&] {
    (void)bench.Run({"GET", "key"});
    return !bench.client->Status().available;
  }));
  const auto begun = std::chrono::steady_clock::now();
  // Each would take 70 ms and more if it were asked.
  for (int i = 0; i < 100; ++i) CHECK_FALSE(bench.Run({"GET", "key"}));
  CHECK(std::chrono::steady_clock::now() - begun < 4s);
  // The others believe in it after twice this time; and nobody else may seem lost meanwhile.
  cluster.SetNodeTimeout(3'000ms);
  cluster.server(victim).Start();
  CHECK(Eventually([&] { return bench.Text({"GET", "key"}) == "value"; }, 20'000ms));
  CHECK(Eventually([&] { return bench.client->available(); }));
  std::size_t down = 0;
  std::string told;
  for (const auto& line : bench.logger.lines()) {
    down += line.message == "Redis Cluster is not available" ? 1 : 0;
    told += line.message + " " + line.fields + "\n";
  }
  CAPTURE(told);
  CHECK(down == 1);
}

TEST_CASE("ClusterClient over TLS: every server is verified, also the one that takes over") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster({"--cluster-require-full-coverage", "no"}, true);
  ClusterFixture bench(cluster.url());
  for (int i = 0; i < 50; ++i) REQUIRE(bench.Text({"SET", KeyOf(i), KeyOf(i)}) == "OK");
  const std::size_t victim = cluster.OwnerOf(KeyOf(0));
  cluster.AwaitReplica(victim);
  cluster.SetNodeTimeout(RedisCluster::kQuickNodeTimeout);
  cluster.server(victim).Kill();
  CHECK(Eventually([&] { return bench.Text({"GET", KeyOf(0)}) == KeyOf(0); }, 20'000ms));
  for (int i = 0; i < 50; ++i) CHECK(bench.Text({"GET", KeyOf(i)}) == KeyOf(i));

  // Authorities of somebody else: nobody of the cluster is believed.
  const test::TempDir directory;
  const test::TestAuthority other(directory.path(), "other");
  ClusterClientOptions options;
  options.url = *ParseRedisClusterUrl(
      "rediss+cluster://127.0.0.1:" + std::to_string(cluster.server(3).port()) +
      "?tls_ca=" + other.ca_file().string());
  const auto stranger = MakeClusterClient(std::move(options), bench.clock, bench.logger);
  REQUIRE(stranger);
  CHECK_FALSE((*stranger)->AwaitReady(Deadline::After(bench.clock, 500ms)));
  CHECK_FALSE((*stranger)->available());
  ClusterClientOptions missing;
  missing.url = *ParseRedisClusterUrl("rediss+cluster://127.0.0.1:1?tls_ca=/nowhere.pem");
  const auto none = MakeClusterClient(std::move(missing), bench.clock, bench.logger);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::kBadConfiguration);
}

TEST_CASE("ClusterClient: one seed that is a replica leads to all of them") {
  if (!RedisServer::Available()) return;
  const RedisCluster cluster;
  const std::string replica = std::to_string(cluster.server(4).port());
  ClusterFixture bench("redis+cluster://127.0.0.1:1,127.0.0.1:" + replica);
  CHECK(bench.client->Status().masters == 3);
  for (int i = 0; i < 30; ++i) CHECK(bench.Text({"SET", KeyOf(i), "x"}) == "OK");
  // A connection to whom we need no more is left.
  CHECK(Eventually([&] {
    return cluster.server(4).Ask({"CLIENT", "LIST"}).find("name=verdictcache") == std::string::npos;
  }));
}
