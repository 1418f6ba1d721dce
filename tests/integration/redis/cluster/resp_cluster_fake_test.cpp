#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>

#include "integration/redis/resp_test_support.h"
#include "support/fake_redis.h"
#include "vcache/redis/cluster/resp_cluster.h"

// What a real cluster says seldom, or never: servers that do what a test says.

using namespace vcache;         // NOLINT: a test
using namespace vcache::redis;  // NOLINT: a test
using test::Command;
using test::Eventually;
using test::FakeRedis;
using test::FakeRedisPeer;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

std::string BulkText(const std::string& value) {
  return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

/// Two servers; the first has the slots up to 8191 and the second the rest, unless the test says
/// otherwise. `foo` is in 12182, `bar` in 5061.
class FakeCluster {
 public:
  /// What server `index` answers; empty for nothing at all.
  using Answer = std::function<std::string(int index, const Words& words)>;

  explicit FakeCluster(Answer answer) : answer_(std::move(answer)) {
    for (int i = 0; i < 2; ++i) {
      servers_.push_back(
          std::make_unique<FakeRedis>([this, i](FakeRedisPeer& peer, int) { Serve(i, peer); }));
    }
    const std::lock_guard lock(mutex_);
    slots_ = "*2\r\n" + Range(0, 8'191, 0) + Range(8'192, 16'383, 1);
  }

  static std::string Host() { return "127.0.0.1"; }
  std::string Port(int index) const {
    return std::to_string(servers_[static_cast<std::size_t>(index)]->port());
  }
  std::string Address(int index) const { return Host() + ":" + Port(index); }
  std::string Range(int first, int last, int index, const std::string& host = Host()) const {
    return "*3\r\n:" + std::to_string(first) + "\r\n:" + std::to_string(last) + "\r\n*2\r\n" +
           BulkText(host) + ":" + Port(index) + "\r\n";
  }
  void UseSlots(std::string reply) {
    const std::lock_guard lock(mutex_);
    slots_ = std::move(reply);
  }
  /// The commands that a server was sent, greetings and CLUSTER left out.
  std::vector<Words> Seen(int index) const {
    const std::lock_guard lock(mutex_);
    return seen_[index];
  }
  int slot_reads() const { return slot_reads_.load(); }

 private:
  void Serve(int index, FakeRedisPeer& peer) {
    peer.Greet();
    for (Words words = peer.Read(); !words.empty(); words = peer.Read()) {
      if (words[0] == "PING") {
        peer.Send("+PONG\r\n");
        continue;
      }
      if (words[0] == "CLUSTER" && words[1] == "SLOTS") {
        ++slot_reads_;
        std::unique_lock lock(mutex_);
        const std::string slots = slots_;
        lock.unlock();
        peer.Send(slots);
        continue;
      }
      if (words[0] != "CLUSTER") {
        const std::lock_guard lock(mutex_);
        seen_[index].push_back(words);
      }
      peer.Send(answer_(index, words));
    }
  }

  Answer answer_;
  mutable std::mutex mutex_;
  std::string slots_;           // guarded by mutex_
  std::vector<Words> seen_[2];  // guarded by mutex_
  std::atomic<int> slot_reads_{0};
  std::vector<std::unique_ptr<FakeRedis>> servers_;
};

/// A client of a fake cluster, which knows the first server only.
struct FakeClusterFixture {
  explicit FakeClusterFixture(const FakeCluster& cluster, bool ready = true,
                              test::milliseconds timeout = 5'000ms) {
    ClusterClientOptions options;
    options.command_timeout = timeout;
    options.url = *ParseRedisClusterUrl("redis+cluster://" + cluster.Address(0));
    auto made = MakeClusterClient(std::move(options), clock, logger);
    REQUIRE(made);
    client = *std::move(made);
    if (ready) REQUIRE(client->AwaitReady(Deadline::After(clock, 10s)));
  }
  Result<RespReply> Run(Words words) {
    return client->Run(Command(std::move(words)), Deadline::Never());
  }

  SystemClock clock;
  test::RecordingLogger logger;
  std::unique_ptr<ClusterClient> client;
};

}  // namespace

TEST_CASE("ClusterClient: MOVED is followed, and the slots are read again, once") {
  FakeCluster* self = nullptr;
  FakeCluster cluster([&](int index, const Words& words) -> std::string {
    if (index == 1 && words[0] == "GET") return "-MOVED 12182 " + self->Address(0) + "\r\n";
    return "+yes\r\n";
  });
  self = &cluster;
  FakeClusterFixture bench(cluster);
  Eventually([&] { return bench.client->Status().refreshes >= 2; }, 500ms);
  const auto before = cluster.slot_reads();
  cluster.UseSlots("*1\r\n" + cluster.Range(0, 16'383, 0));
  for (int i = 0; i < 20; ++i) CHECK(bench.Run({"GET", "foo"})->text == "yes");
  CHECK(Eventually([&] { return bench.client->Status().masters == 1; }));
  const auto moved = bench.client->Status().moved;
  CHECK(bench.Run({"GET", "foo"})->text == "yes");
  CHECK(bench.client->Status().moved == moved);
  CHECK(cluster.slot_reads() <= before + 4);  // not one for each of the twenty
}

TEST_CASE("ClusterClient: ASKING stands right before the command that it is for") {
  FakeCluster* self = nullptr;
  FakeCluster cluster([&](int index, const Words& words) -> std::string {
    if (words[0] == "ASKING") return "+OK\r\n";
    if (index == 1) return "-ASK 12182 " + self->Address(0) + "\r\n";
    return BulkText(words[1]);
  });
  self = &cluster;
  FakeClusterFixture bench(cluster);
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (bench.Run({"GET", "foo"})->text != "foo") ++wrong;
        if (bench.Run({"GET", "bar"})->text != "bar") ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  const auto seen = cluster.Seen(0);
  int asked = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i][0] == "ASKING") {
      ++asked;
      REQUIRE(i + 1 < seen.size());
      CHECK(seen[i + 1] == Words{"GET", "foo"});
    } else if (seen[i] == Words{"GET", "foo"}) {
      CHECK(seen[i - 1][0] == "ASKING");
    }
  }
  CHECK(asked == 400);
  CHECK(bench.client->Status().asked == 400);
}

TEST_CASE("ClusterClient: servers that send a request round in circles are found out") {
  FakeCluster* self = nullptr;
  FakeCluster cluster(
      [&](int index, const Words&) { return "-MOVED 12182 " + self->Address(1 - index) + "\r\n"; });
  self = &cluster;
  FakeClusterFixture bench(cluster);
  const auto reply = bench.Run({"GET", "foo"});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == ErrorCode::kStoreUnavailable);
  CHECK(cluster.Seen(0).size() + cluster.Seen(1).size() == 6);
}

TEST_CASE("ClusterClient: redirections that lead nowhere") {
  for (const char* error : {"-MOVED", "-MOVED x y:1", "-ASK 1 host:0", "-MOVED 1 ho\tst:1",
                            "-MOVED 12182 127.0.0.1:1"}) {
    CAPTURE(error);
    FakeCluster cluster([&](int, const Words&) { return std::string(error) + "\r\n"; });
    FakeClusterFixture bench(cluster);
    const auto reply = bench.Run({"GET", "foo"});
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == ErrorCode::kStoreUnavailable);
  }
}

TEST_CASE("ClusterClient: TRYAGAIN is tried again a few times, and no more") {
  std::atomic<int> refusals{2};
  FakeCluster cluster([&](int, const Words& words) -> std::string {
    if (words[0] == "GET" && refusals.fetch_sub(1) > 0) return "-TRYAGAIN later\r\n";
    return "+yes\r\n";
  });
  FakeClusterFixture bench(cluster);
  CHECK(bench.Run({"GET", "foo"})->text == "yes");
  CHECK(bench.client->Status().repeated == 2);
  refusals = 1'000;
  const auto begun = std::chrono::steady_clock::now();
  const auto reply = bench.Run({"GET", "foo"});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == ErrorCode::kStoreUnavailable);
  CHECK(std::chrono::steady_clock::now() - begun < 4s);  // 70 ms, and not until the timeout
  CHECK(bench.client->available());                      // one key is no cluster
}

TEST_CASE("ClusterClient: an MGET whose keys are on their way is parted") {
  FakeCluster cluster([](int, const Words& words) -> std::string {
    if (words.size() > 2) return "-TRYAGAIN Multiple keys request during rehashing of slot\r\n";
    return "*1\r\n" + BulkText(words[1]);
  });
  FakeClusterFixture bench(cluster);
  const auto reply = bench.Run({"MGET", "{foo}1", "{bar}1", "{foo}2", "{foo}3"});
  REQUIRE(reply);
  REQUIRE(reply->elements.size() == 4);
  CHECK(reply->elements[0].text == "{foo}1");
  CHECK(reply->elements[1].text == "{bar}1");
  CHECK(reply->elements[2].text == "{foo}2");
  CHECK(reply->elements[3].text == "{foo}3");
}

TEST_CASE("ClusterClient: a list of the wrong length is no answer") {
  FakeCluster cluster([](int, const Words&) { return std::string("*1\r\n$1\r\nx\r\n"); });
  FakeClusterFixture bench(cluster);
  CHECK_FALSE(bench.Run({"MGET", "{foo}1", "{foo}2"}));
}

TEST_CASE("ClusterClient: CLUSTERDOWN makes calls fail at once until a server says it is up") {
  std::atomic<bool> down{true};
  FakeCluster cluster([&](int, const Words& words) -> std::string {
    if (words[0] == "CLUSTER") {
      return BulkText(down ? "cluster_state:fail\r\n" : "cluster_state:ok\r\n");
    }
    return down ? "-CLUSTERDOWN The cluster is down\r\n" : "+yes\r\n";
  });
  FakeClusterFixture bench(cluster);
  CHECK_FALSE(bench.Run({"GET", "foo"}));
  CHECK_FALSE(bench.Run({"GET", "bar"}));
  CHECK_FALSE(bench.client->available());
  const auto asked = cluster.Seen(0).size() + cluster.Seen(1).size();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(bench.Run({"GET", "foo"}));
  CHECK(cluster.Seen(0).size() + cluster.Seen(1).size() == asked);
  down = false;
  CHECK(Eventually([&] { return bench.client->available(); }));
  CHECK(bench.Run({"GET", "foo"})->text == "yes");
}

TEST_CASE("ClusterClient: one slot without a server does not take the others with it") {
  FakeCluster cluster([](int, const Words& words) -> std::string {
    if (words[1] == "foo") return "-CLUSTERDOWN Hash slot not served\r\n";
    return "+yes\r\n";
  });
  FakeClusterFixture bench(cluster);
  CHECK_FALSE(bench.Run({"GET", "foo"}));
  CHECK(bench.Run({"GET", "bar"})->text == "yes");
  CHECK(bench.client->available());
}

TEST_CASE("ClusterClient: a server without a host is found where it was asked") {
  FakeCluster cluster([](int, const Words&) { return std::string("+yes\r\n"); });
  cluster.UseSlots("*1\r\n" + cluster.Range(0, 16'383, 0, ""));
  FakeClusterFixture bench(cluster);
  CHECK(bench.Run({"GET", "foo"})->text == "yes");
}

TEST_CASE("ClusterClient: replies to CLUSTER SLOTS that no cluster gives") {
  FakeCluster cluster([](int, const Words&) { return std::string("+yes\r\n"); });
  for (const std::string& slots :
       {std::string("-ERR This instance has cluster support disabled\r\n"), std::string("*0\r\n"),
        "*2\r\n" + cluster.Range(0, 9, 0) + cluster.Range(9, 16'383, 1)}) {
    CAPTURE(slots);
    cluster.UseSlots(slots);
    FakeClusterFixture bench(cluster, false);
    CHECK(Eventually(
        [&] { return bench.client->Status().reason.find("CLUSTER SLOTS") != std::string::npos; }));
    CHECK_FALSE(bench.client->available());
    const auto reply = bench.Run({"GET", "foo"});
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == ErrorCode::kStoreUnavailable);
    std::this_thread::sleep_for(300ms);
    CHECK(bench.logger.Count(LogLevel::kWarn) == 1);  // once, not at each attempt
  }
}

TEST_CASE("ClusterClient: a map that names nobody does not replace one that does") {
  std::atomic<bool> sends_on{false};
  FakeCluster* self = nullptr;
  FakeCluster cluster([&](int index, const Words&) -> std::string {
    if (sends_on && index == 1) return "-MOVED 12182 " + self->Address(0) + "\r\n";
    return "+yes\r\n";
  });
  self = &cluster;
  FakeClusterFixture bench(cluster);
  cluster.UseSlots("*0\r\n");
  sends_on = true;
  const int reads = cluster.slot_reads();
  CHECK(bench.Run({"GET", "foo"})->text == "yes");
  CHECK(Eventually([&] { return cluster.slot_reads() > reads; }));
  CHECK(bench.client->Status().masters == 2);
  CHECK(bench.Run({"GET", "bar"})->text == "yes");
}

TEST_CASE("ClusterClient: a server that hangs is felt once by the calls for its slots") {
  std::atomic<bool> hangs{false};
  FakeCluster cluster([&](int index, const Words&) -> std::string {
    return hangs && index == 1 ? "" : "+yes\r\n";
  });
  FakeClusterFixture bench(cluster, true, 500ms);
  CHECK(Eventually([&] { return bench.Run({"GET", "foo"}).has_value(); }));
  hangs = true;
  const auto asked = [&] {
    const auto seen = cluster.Seen(1);
    return std::count_if(seen.begin(), seen.end(), [](const Words& w) { return w[0] == "GET"; });
  };
  const auto sent = asked();
  CHECK_FALSE(bench.Run({"GET", "foo"}));
  CHECK(Eventually([&] { return asked() == sent + 1; }));
  CHECK_FALSE(bench.Run({"GET", "foo"}));
  CHECK(asked() == sent + 1);  // not even asked
  CHECK(Eventually([&] { return bench.Run({"GET", "bar"}).has_value(); }));
}

TEST_CASE("ClusterClient: a walk in whose middle the slots change owners is broken off") {
  FakeCluster cluster([](int, const Words& words) -> std::string {
    if (words[0] == "SCAN") return "*2\r\n" + BulkText(words[1] == "0" ? "5" : "0") + "*0\r\n";
    return "+yes\r\n";
  });
  FakeClusterFixture bench(cluster);
  std::string cursor = "0";
  int pages = 0;
  do {
    const auto page = bench.Run({"SCAN", cursor});
    REQUIRE(page);
    cursor = page->elements[0].text;
    ++pages;
  } while (cursor != "0");
  CHECK(pages == 4);  // two for each of two masters
  const auto page = bench.Run({"SCAN", "0"});
  cluster.UseSlots("*1\r\n" + cluster.Range(0, 16'383, 0));
  std::string next = page->elements[0].text;
  Result<RespReply> last = bench.Run({"SCAN", next});
  while (last && last->elements[0].text != "0") last = bench.Run({"SCAN", last->elements[0].text});
  REQUIRE_FALSE(last);
  CHECK(last.error().message.find("changed owners") != std::string::npos);
  CHECK_FALSE(bench.Run({"SCAN", "nonsense"}));
}
