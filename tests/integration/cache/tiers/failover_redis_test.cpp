#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <thread>

#include "integration/cache/redis/redis_fixture.h"
#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"
#include "vcache/cache/tiers/failover_store.h"
#include "vcache/core/random_id.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;

namespace {

PutRequest Paid(unsigned number, double score = 87.5, std::chrono::seconds later = 0s) {
  Entry entry = *test::MakeEntry(MakeKey(number), score);
  entry.stored_at += later;
  PutRequest request;
  request.entry = std::make_shared<const Entry>(std::move(entry));
  request.ttl = 1'000s;
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  return request;
}

/// A service's stores on a real Redis that may be dead, and a local store in a directory.
struct World {
  explicit World(const std::string& url, KeySpace the_keys = KeySpace())
      : keys(std::move(the_keys)) {
    redis::RespConnectionOptions options;
    options.url = *redis::ParseRedisUrl(url);
    options.command_timeout = 500ms;
    options.last_retry = 100ms;
    options.refused_retry = 100ms;
    connection = *redis::MakeRespConnection(options, clock, logger);
    redis = MakeRedisStore({}, keys, *connection, clock, logger);
    Restart();
  }
  /// As when the process ends and starts again.
  void Restart() {
    store.reset();
    local.reset();
    local = test::OpenStore(dir.path(), clock, logger, keys);
    store = std::make_unique<FailoverStore>(*redis, *redis, local.get(), clock, logger);
    store->Start();
  }
  bool Await(const std::function<bool()>& done) {
    const auto until = clock.Now() + 20s;
    while (!done() && clock.Now() < until) std::this_thread::sleep_for(5ms);
    return done();
  }
  void AwaitConnected() {
    REQUIRE(Await([&] { return store->available(); }));
  }
  void AwaitAway() {
    REQUIRE(Await([&] { return !store->available(); }));
  }
  void AwaitDelivered() {
    REQUIRE(Await([&] { return store->pending() == 0; }));
  }

  test::TempDir dir;
  SystemClock clock;
  test::RecordingLogger logger;
  KeySpace keys;
  std::unique_ptr<redis::RespConnection> connection;
  std::unique_ptr<RedisStore> redis;
  std::unique_ptr<LocalStore> local;
  std::unique_ptr<FailoverStore> store;
};

/// Without a local store, so that an outage shows.
class FailoverUnderTest final : public test::RedisUnderTest {
 public:
  VerdictStore& store() override { return failover_; }
  CounterStore* counters() override { return &failover_; }

 private:
  FailoverStore failover_{world().store(), world().store(), nullptr, system_clock(), NullLogger()};
};

/// As Redis counts them, without what waits locally.
std::int64_t PaidCalls(World& world) {
  const auto totals = world.redis->Read(world.clock.WallNow(), kNever);
  return totals ? totals->all.at(ContentKind::kAnalysis, Counter::kPaidCalls) : -1;
}

std::string RedisKey(unsigned number) {
  return MakeKey(number).ToString();
}

/// A client between whose look and whose next command something happens, to the reply or elsewhere.
class InterruptedClient final : public redis::RespClient {
 public:
  InterruptedClient(redis::RespClient& inner, std::function<void(redis::RespReply&)> after_get)
      : inner_(inner), after_get_(std::move(after_get)) {}
  using redis::RespClient::Run;
  Result<std::vector<redis::RespReply>> Run(std::span<const redis::RespCommand> commands,
                                            Deadline deadline) override {
    auto replies = inner_.Run(commands, deadline);
    if (replies && commands.front().words.front() == "GET") after_get_(replies->front());
    return replies;
  }
  bool available() const noexcept override { return inner_.available(); }

 private:
  redis::RespClient& inner_;
  const std::function<void(redis::RespReply&)> after_get_;
};

}  // namespace

TEST_CASE("FailoverStore on Redis: keeps every promise of a VerdictStore") {
  if (!test::RedisServer::Available()) return;
  test::RunVerdictStoreConformance([] { return std::make_unique<FailoverUnderTest>(); });
}

TEST_CASE("FailoverStore on Redis: a password that is wrong is an outage like any other") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer::Options options;
  options.arguments = {"--requirepass", "hunter2"};
  test::RedisServer server(options);
  server.UsePassword("hunter2");
  World world("redis://:wrong@127.0.0.1:" + std::to_string(server.port()));
  CHECK(world.store->Put(Paid(1), kNever));
  CHECK_FALSE(world.store->available());
  CHECK(world.store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  server.Ask({"CONFIG", "SET", "requirepass", "wrong"});
  server.UsePassword("wrong");
  world.AwaitDelivered();
  CHECK(PaidCalls(world) == 1);
  for (const auto& line : world.logger.lines()) {
    CHECK((line.message + line.fields).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("FailoverStore on Redis: down at start, what was paid for is in it once it is up") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  server.Kill();
  World world(server.url());
  CHECK(world.store->Put(Paid(1), kNever));
  CHECK(world.store->Put(Paid(2), kNever));
  CHECK(world.store->pending() == 2);
  CHECK(world.store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);

  server.Start();
  world.AwaitDelivered();
  CHECK(std::stoi(server.Ask({"TTL", RedisKey(1)})) >= 970);
  CHECK(std::stoi(server.Ask({"TTL", RedisKey(1)})) <= 1'000);
  CHECK(PaidCalls(world) == 2);
  const auto found = world.store->Lookup(MakeKey(2), kNever);
  CHECK(found.outcome == LookupOutcome::kHit);
  CHECK(found.tier == Tier::kRedis);
  CHECK(found.ttl > 900s);
}

TEST_CASE("FailoverStore on Redis: killed and restarted empty in the middle, several times") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  World world(server.url());
  world.AwaitConnected();
  for (unsigned round = 0; round < 3; ++round) {
    server.Kill();
    for (unsigned i = 0; i < 20; ++i) CHECK(world.store->Put(Paid(100 * round + i), kNever));
    server.Start();
    world.AwaitDelivered();
    CHECK(PaidCalls(world) == 20);
    for (unsigned i = 0; i < 20; ++i) {
      CHECK(server.Ask({"EXISTS", RedisKey(100 * round + i)}) == "1");
    }
  }
}

TEST_CASE("FailoverStore on Redis: a write whose reply was lost counts once") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  World world(server.url());
  world.AwaitConnected();
  server.Freeze();
  CHECK(world.store->Put(Paid(1), kNever));  // sent; carried out when it thaws
  CHECK(world.store->Put(Paid(2), kNever));  // not sent any more
  CHECK(world.store->pending() == 2);
  server.Thaw();
  world.AwaitDelivered();
  CHECK(PaidCalls(world) == 2);
  CHECK(server.Ask({"EXISTS", RedisKey(1)}) == "1");
}

TEST_CASE("RedisStore: what is delivered twice is stored and counted once") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  server.Kill();
  World world(server.url());
  world.store->Stop();
  CHECK(world.store->Put(Paid(1), kNever));
  const auto waiting = world.local->OldestPending(9, kNever);
  REQUIRE(waiting->size() == 1);
  server.Start();
  world.AwaitConnected();
  CHECK(world.redis->Deliver(waiting->front(), kNever));
  CHECK(server.Ask({"DEL", RedisKey(1)}) == "1");  // as if cleared: it must not come back
  CHECK(world.redis->Deliver(waiting->front(), kNever));
  CHECK(PaidCalls(world) == 1);
  CHECK(server.Ask({"EXISTS", RedisKey(1)}) == "0");
  CHECK(server.Ask({"HGET", "stats:counters", "analysis:hits"}) == "(nil)");
}

TEST_CASE("FailoverStore on Redis: equal verdicts that two replicas paid for are two paid calls") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  server.Kill();
  World one(server.url());
  World other(server.url());
  CHECK(one.store->Put(Paid(1), kNever));
  CHECK(other.store->Put(Paid(1), kNever));
  server.Start();
  one.AwaitDelivered();
  other.AwaitDelivered();
  CHECK(PaidCalls(one) == 2);
}

TEST_CASE("RedisStore: a newer verdict is not overwritten by one that waited, an older one is") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  for (const bool keyed : {false, true}) {
    server.Ask({"FLUSHALL"});
    server.Kill();
    World world(server.url(),
                keyed ? KeySpace({.prefix = "p:", .secret = Secret("some secret")}) : KeySpace());
    world.store->Stop();
    CHECK(world.store->Put(Paid(1, 10, 60s), kNever));
    CHECK(world.store->Put(Paid(2, 20, 60s), kNever));
    server.Start();
    world.AwaitConnected();
    CHECK(world.redis->Put(Paid(1, 99, 120s), kNever));
    CHECK(world.redis->Put(Paid(2, 99, 0s), kNever));
    CHECK(world.store->DeliverNow());
    CHECK(world.redis->Lookup(MakeKey(1), kNever).entry->verdict.ai_score == 99);
    CHECK(world.redis->Lookup(MakeKey(2), kNever).entry->verdict.ai_score == 20);
    CHECK(PaidCalls(world) == 4);
  }
}

TEST_CASE("RedisStore: an entry of a newer format is served, and no delivery overwrites it") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  server.Kill();
  World world(server.url());
  world.store->Stop();
  std::array<std::string, 2> future;
  for (unsigned i = 0; i < 2; ++i) {
    CHECK(world.store->Put(Paid(i + 1, 10, 60s), kNever));
    std::string value = EncodeEntry(*Paid(i + 1, 99).entry);
    value.replace(value.find("\"v\":1"), 5, "\"v\":2");
    if (i == 1) value.replace(value.find("aiScore"), 7, "theirs!");
    future.at(i) = value;
  }
  server.Start();
  world.AwaitConnected();
  for (unsigned i = 0; i < 2; ++i) {
    server.Ask({"SET", RedisKey(i + 1), future.at(i), "EX", "600"});
  }
  CHECK(world.store->DeliverNow());
  for (unsigned i = 0; i < 2; ++i) CHECK(server.Ask({"GET", RedisKey(i + 1)}) == future.at(i));
  CHECK(PaidCalls(world) == 2);
  CHECK(world.redis->Lookup(MakeKey(1), kNever).entry->verdict.ai_score == 99);
  const LookupResult unreadable = world.redis->Lookup(MakeKey(2), kNever);
  CHECK(unreadable.outcome == LookupOutcome::kCorrupt);
  CHECK(unreadable.newer);
  CHECK(world.store->ClaimLease({MakeKey(2), "ours", 20s}, kNever).found.newer);
  CHECK(server.Ask({"GET", RedisKey(2)}) == future.at(1));
}

TEST_CASE("RedisStore: what changes between a delivery's look and its write is looked at again") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  World world(server.url());
  world.store->Stop();
  world.AwaitConnected();
  PutRequest write = Paid(1);
  write.id = RandomId();
  REQUIRE(world.local->PutPending(write, kNever));
  const auto waiting = world.local->OldestPending(9, kNever)->front();
  const auto deliver = [&](const std::function<void(redis::RespReply&)>& after_get) {
    InterruptedClient client(*world.connection, after_get);
    return MakeRedisStore({}, world.keys, client, world.clock, world.logger)
        ->Deliver(waiting, kNever)
        .has_value();
  };
  // The write got through, its reply did not; and then the look at it comes back damaged.
  CHECK(world.redis->Put(write, kNever));
  CHECK_FALSE(deliver([](redis::RespReply& reply) { reply.text[0] = '#'; }));
  CHECK_FALSE(deliver([](redis::RespReply& reply) { reply = {}; }));
  CHECK(PaidCalls(world) == 1);
  CHECK(deliver([](redis::RespReply&) {}));
  CHECK(PaidCalls(world) == 1);
  // Somebody writes, or clears, in between.
  server.Ask({"DEL", RedisKey(1)});
  CHECK_FALSE(
      deliver([&](redis::RespReply&) { (void)world.redis->Put(Paid(1, 99, 60s), kNever); }));
  CHECK(PaidCalls(world) == 2);
  CHECK_FALSE(deliver([&](redis::RespReply&) { server.Ask({"DEL", RedisKey(1)}); }));
  CHECK(deliver([](redis::RespReply&) {}));
  CHECK(PaidCalls(world) == 2);  // counted at first, under the same id
  CHECK(world.redis->Lookup(MakeKey(1), kNever).entry->verdict.ai_score == 87.5);
}

TEST_CASE("RedisStore: garbage and foreign types under the key give way to what waited") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  server.Kill();
  World world(server.url());
  world.store->Stop();
  CHECK(world.store->Put(Paid(1), kNever));
  CHECK(world.store->Put(Paid(2), kNever));
  server.Start();
  world.AwaitConnected();
  server.Ask({"SET", RedisKey(1), "garbage"});
  server.Ask({"LPUSH", RedisKey(2), "x"});
  CHECK(world.store->DeliverNow());
  CHECK(world.redis->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(world.redis->Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("FailoverStore on Redis: full, it is read; what it does not take waits and is found") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  World world(server.url());
  world.AwaitConnected();
  CHECK(world.store->Put(Paid(1), kNever));
  server.Ask({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(world.store->Put(Paid(2), kNever));
  CHECK(world.store->pending() == 1);
  CHECK(world.store->available());
  CHECK(world.store->Lookup(MakeKey(1), kNever).tier == Tier::kRedis);
  CHECK(world.store->Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kHit);
  CHECK(server.Ask({"EXISTS", RedisKey(2)}) == "0");
  server.Ask({"CONFIG", "SET", "maxmemory", "0"});
  world.AwaitDelivered();
  CHECK(PaidCalls(world) == 2);
}

TEST_CASE("FailoverStore on Redis: what waits survives the end of the process") {
  if (!test::RedisServer::Available()) return;
  test::RedisServer server;
  server.Kill();
  World world(server.url());
  CHECK(world.store->Put(Paid(1), kNever));
  world.Restart();
  CHECK(world.store->pending() == 1);
  CHECK(world.store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  server.Start();
  world.AwaitDelivered();
  CHECK(PaidCalls(world) == 1);
}
