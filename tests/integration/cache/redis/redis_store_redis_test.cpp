#include "vcache/cache/redis/redis_store.h"

#include <doctest/doctest.h>

#include <limits>

#include "integration/cache/redis/redis_fixture.h"
#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/fake_redis.h"
#include "support/never.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/core/random_id.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;
using test::PaidCall;
using test::RedisServer;

namespace {

KeySpace SiteKeys() {
  return KeySpace({.prefix = "s[i]*te?:", .secret = Secret("a secret of some length")});
}

/// Memory in front of Redis: what the service runs with.
class TieredUnderTest final : public test::RedisUnderTest {
 public:
  VerdictStore& store() override { return tiered_; }

 private:
  MemoryStore memory_{{.max_ttl = 0s}, system_clock()};
  TieredStore tiered_{&memory_, &RedisUnderTest::store()};
};

}  // namespace

TEST_CASE("RedisStore: keeps every promise of a VerdictStore") {
  if (!RedisServer::Available()) return;
  test::RunVerdictStoreConformance([] { return std::make_unique<test::RedisUnderTest>(); });
}

TEST_CASE("RedisStore over TLS: keeps every promise of a VerdictStore") {
  if (!RedisServer::Available()) return;
  test::RunVerdictStoreConformance([] {
    return std::make_unique<test::RedisUnderTest>(
        RedisServer::Options{.tls = true, .certificate = {}, .arguments = {}});
  });
}

TEST_CASE("RedisStore with prefix and secret: keeps every promise of a VerdictStore") {
  if (!RedisServer::Available()) return;
  test::RunVerdictStoreConformance(
      [] { return std::make_unique<test::RedisUnderTest>(RedisServer::Options(), SiteKeys()); });
}

TEST_CASE("TieredStore over RedisStore: keeps every promise of a VerdictStore") {
  if (!RedisServer::Available()) return;
  test::RunVerdictStoreConformance([] { return std::make_unique<TieredUnderTest>(); });
}

TEST_CASE("RedisStore: tells how many entries it does not have, by kind") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), SiteKeys());
  std::vector<PendingEntry> entries;
  for (unsigned i = 0; i < 1'200; ++i) {
    const auto kind = i % 2 == 0 ? ContentKind::kText : ContentKind::kAnalysis;
    entries.push_back({kind, SiteKeys().StoreKey(MakeKey(i, kind))});
  }
  REQUIRE(world.store().Put(MakePut(MakeKey(1), 1h), kNever));
  REQUIRE(world.store().Put(MakePut(MakeKey(3), 1h), kNever));
  REQUIRE(world.store().Put(MakePut(MakeKey(1'198, ContentKind::kText), 1h), kNever));
  const auto missing = world.store().CountMissing(entries, kNever);
  REQUIRE(missing);
  CHECK(missing->analysis == 598);
  CHECK(missing->text == 599);
  CHECK(world.store().CountMissing({}, kNever)->total() == 0);
}

TEST_CASE("RedisStore: an entry of other software that has no end has no known life") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  server.Ask({"SET", MakeKey(1).ToString(), R"({"aiScore":12})"});
  const auto found = world.store().Lookup(MakeKey(1), kNever);
  REQUIRE(found.outcome == LookupOutcome::kHit);
  CHECK_FALSE(found.life_known);
  CHECK(found.ttl == RedisStoreOptions().foreign_ttl);
}

TEST_CASE("RedisStore: entries are readable JSON with the TTL of their family") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const CacheKey file = MakeKey(1);
  const CacheKey text = MakeKey(1, ContentKind::kText);
  PutRequest paid = MakePut(file, 604'800s);
  paid.counters = PaidCall();
  REQUIRE(world.store().Put(paid, kNever));
  REQUIRE(world.store().Put(MakePut(text, 2'592'000s), kNever));
  const int file_ttl = std::stoi(server.Ask({"TTL", file.ToString()}));
  const int text_ttl = std::stoi(server.Ask({"TTL", text.ToString()}));
  CHECK(file_ttl >= 604'798);
  CHECK(file_ttl <= 604'800);
  CHECK(text_ttl >= 2'591'998);
  CHECK(text_ttl <= 2'592'000);
  const std::string value = server.Ask({"GET", file.ToString()});
  for (const char* field :
       {R"("aiScore":87.5)", R"("isAi":true)", R"("confidence":null)",
        R"("verdict":{"key":"likely_ai")", R"("provider":"sightengine")", R"("expiresAt":")"}) {
    CAPTURE(value);
    CHECK(value.find(field) != std::string::npos);
  }
  const auto found = world.store().Lookup(file, kNever);
  CHECK(found.tier == Tier::kRedis);
  CHECK(found.ttl > 604'790s);
  CHECK_FALSE(found.entry->expires_at.has_value());
}

TEST_CASE("RedisStore: a lost script is sent again") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  PutRequest paid = MakePut(MakeKey(1), 1h);
  paid.counters = PaidCall();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(world.store().Put(paid, kNever));
    server.Ask({"SCRIPT", "FLUSH"});
  }
  CHECK(world.store().Read(world.clock().WallNow(), kNever)->all.total(Counter::kPaidCalls) == 3);
}

TEST_CASE("RedisStore: a clear touches nobody else's keys and holds nobody up (rule R9)") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  server.Ask({"EVAL",
              "for i = 1, 100000 do redis.call('SET', 'theirs:analysis:' .. i, i) end "
              "for i = 1, 1000 do redis.call('HSET', 'text:' .. i, 'f', i) end",
              "0"});
  test::RedisClientFixture world(server.url(), KeySpace());
  for (unsigned i = 0; i < 2'000; ++i) {
    const auto kind = i % 2 == 0 ? ContentKind::kAnalysis : ContentKind::kText;
    REQUIRE(world.store().Put(MakePut(MakeKey(i, kind), 1h), kNever));
  }
  const auto dry = world.store().Clear(KeyPattern::All(), ClearMode::kDryRun, kNever);
  CHECK(dry->analysis == 1'000);
  CHECK(dry->text == 1'000);
  CHECK(world.store().Clear(*KeyPattern::Parse("text:*"), ClearMode::kDelete, kNever)->total() ==
        1'000);
  CHECK(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->analysis == 1'000);
  CHECK(server.Ask({"GET", "events:clears"}) == "2");  // ours too
  CHECK(server.Ask({"DBSIZE"}) == "101002");           // with the log of the clears
  // Each of the three looks takes the 103,000 keys in pages of 500, and a page holds the server for
  // less than 10 ms. The slowest of a hundred may have been held up by the machine instead.
  CHECK(server.Calls("scan") >= 3 * 101'000 / (2 * 500));
  for (const char* command : {"scan", "unlink"}) CHECK(server.P99Micros(command) < 10'000);
  for (const char* forbidden : {"keys", "flushdb", "flushall", "del"}) {
    CHECK(server.Calls(forbidden) == 0);
  }
}

TEST_CASE("RedisStore: a clear that runs out of time says how far it came") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const auto cleared = world.store().Clear(KeyPattern::All(), ClearMode::kDelete,
                                           Deadline::At(world.clock().Now() - 1s));
  REQUIRE_FALSE(cleared);
  CHECK(cleared.error().code == ErrorCode::kStoreUnavailable);
  CHECK(cleared.error().message.find("Clear again") != std::string::npos);
}

TEST_CASE("RedisStore: keys of another type are corrupt, and overwritten") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const CacheKey key = MakeKey(1);
  server.Ask({"RPUSH", key.ToString(), "x"});
  CHECK(world.store().Lookup(key, kNever).outcome == LookupOutcome::kCorrupt);
  CHECK(world.store().LookupMany({&key, 1}, kNever)[0].outcome == LookupOutcome::kMiss);
  PutRequest paid = MakePut(key, 1h);
  paid.counters = PaidCall();
  REQUIRE(world.store().Put(paid, kNever));
  CHECK(world.store().Lookup(key, kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("RedisStore: a counter key of another type costs the count, not the verdict") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  server.Ask({"SET", "stats:counters", "theirs"});
  PutRequest paid = MakePut(MakeKey(1), 1h);
  paid.counters = PaidCall();
  CHECK(world.store().Put(paid, kNever));
  CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  PendingWrite waited{.id = RandomId(), .store_key = MakeKey(2).ToString()};
  waited.value = EncodeEntry(*MakePut(MakeKey(2), 1h).entry);
  waited.expires_at = world.clock().WallNow() + 1h;
  waited.counters = PaidCall();
  CHECK(world.store().Deliver(waited, kNever));
  CHECK(world.store().Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kHit);
  CHECK_FALSE(world.store().Read(world.clock().WallNow(), kNever));
  CHECK(server.Ask({"GET", "stats:counters"}) == "theirs");
  CHECK(world.logger().Count(LogLevel::kError) == 1);
}

TEST_CASE("RedisStore: a full server still answers look-ups; one log line each way") {
  if (!RedisServer::Available()) return;
  RedisServer server(
      {.tls = false, .certificate = {}, .arguments = {"--maxmemory-policy", "noeviction"}});
  test::RedisClientFixture world(server.url(), KeySpace());
  PutRequest paid = MakePut(MakeKey(1), 1h);
  paid.counters = PaidCall();
  REQUIRE(world.store().Put(paid, kNever));
  server.Ask({"CONFIG", "SET", "maxmemory", "1"});
  for (int i = 0; i < 5; ++i) {
    paid.entry = test::MakeEntry(MakeKey(2));
    const auto kept = world.store().Put(paid, kNever);
    REQUIRE_FALSE(kept);
    CHECK(kept.error().code == ErrorCode::kStoreUnavailable);
    CHECK_FALSE(world.store().Put(MakePut(MakeKey(3), 1h), kNever));
    CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
    CHECK(world.store().Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kMiss);
  }
  CHECK(world.store().available());
  CHECK(world.logger().Count(LogLevel::kWarn) == 1);
  // Nothing of what failed was counted.
  CHECK(world.store().Read(world.clock().WallNow(), kNever)->all.total(Counter::kPaidCalls) == 1);
  CHECK(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 1);
  server.Ask({"CONFIG", "SET", "maxmemory", "0"});
  REQUIRE(world.store().Put(paid, kNever));
  CHECK(world.logger().Count(LogLevel::kInfo) == 2);  // connected; writes again
}

TEST_CASE("RedisStore: a clear that a full server could not count is counted once it made room") {
  if (!RedisServer::Available()) return;
  RedisServer server(
      {.tls = false, .certificate = {}, .arguments = {"--maxmemory-policy", "noeviction"}});
  test::RedisClientFixture world(server.url(), KeySpace());
  const std::int64_t before = *world.store().CountClears(kNever);
  const std::string large(1024 * 1024, 'x');
  for (unsigned i = 0; i < 8; ++i) server.Ask({"SET", MakeKey(i).ToString(), large});
  const std::string memory = server.Ask({"INFO", "memory"});
  const std::string field = "used_memory:";
  const auto used = std::stoll(memory.substr(memory.find(field) + field.size()));
  server.Ask({"CONFIG", "SET", "maxmemory", std::to_string(used - 4 * 1024 * 1024)});
  REQUIRE_FALSE(world.store().Put(MakePut(MakeKey(9), 1h), kNever));
  CHECK(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 8);
  CHECK(*world.store().CountClears(kNever) == before + 1);
}

TEST_CASE("RedisStore: a read-only replica still answers look-ups") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  REQUIRE(world.store().Put(MakePut(MakeKey(1), 1h), kNever));
  server.Ask({"CONFIG", "SET", "replica-serve-stale-data", "yes"});
  server.Ask({"REPLICAOF", "127.0.0.1", "1"});
  CHECK_FALSE(world.store().Put(MakePut(MakeKey(2), 1h), kNever));
  CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("RedisStore: a value beyond every entry is corrupt, and the connection stays") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  server.Ask({"SET", MakeKey(1).ToString(), std::string(3'000'000, ' ')});
  CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kCorrupt);
  CHECK(world.connection().Status().connects == 1);
}

TEST_CASE("RedisStore: another content's entry is never served (rules R3 and R8)") {
  // A server that answers each look-up with the entry of the one before it.
  std::string last = EncodeEntry(*test::MakeEntry(MakeKey(0)));
  test::FakeRedis server([&](test::FakeRedisPeer& peer, int) {
    peer.Greet();
    unsigned number = 1;
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      peer.SendBulk(std::exchange(last, EncodeEntry(*test::MakeEntry(MakeKey(number++)))));
    }
  });
  test::RedisClientFixture world(server.url(), KeySpace());
  for (unsigned i = 1; i < 10; ++i) {
    CHECK(world.store().Lookup(MakeKey(i), kNever).outcome == LookupOutcome::kCorrupt);
  }
}

TEST_CASE("RedisStore: error replies are unavailable, never a miss") {
  for (const char* error :
       {"-NOPERM no permission", "-LOADING Redis is loading", "-ERR max requests limit exceeded. x",
        "-MOVED 1 127.0.0.1:1", "-ERR unknown", ":1", "*1\r\n$1\r\nx"}) {
    CAPTURE(error);
    test::FakeRedis server([&](test::FakeRedisPeer& peer, int) {
      peer.Greet();
      for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
        peer.Send(std::string(error) + "\r\n");
      }
    });
    test::RedisClientFixture one(server.url(), KeySpace());
    CHECK(one.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kUnavailable);
    test::RedisClientFixture many(server.url(), KeySpace());
    const std::vector<CacheKey> two = {MakeKey(1), MakeKey(2)};
    CHECK(many.store().LookupMany(two, kNever)[1].outcome == LookupOutcome::kUnavailable);
  }
}

TEST_CASE("RedisStore: a write counts as done by nothing but its own answer") {
  // What a damaged "-NOSCRIPT", "-OOM" or "CHANGED" may look like, and replies of other commands,
  // which a damaged line end may bring here.
  for (const char* answer : {"+OK", "+DUPLICATE", "$32\r\n0123456789abcdef0123456789abcdef",
                             "+NOSCRIPT No matching script", "+OOM command not allowed", "+CHANGEE",
                             "+", "$2\r\nOK", "$-1", "*0"}) {
    CAPTURE(answer);
    test::FakeRedis server([&](test::FakeRedisPeer& peer, int) {
      peer.Greet();
      for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
        peer.Send(words[0] == "GET" ? "$-1\r\n" : std::string(answer) + "\r\n");
      }
    });
    test::RedisClientFixture world(server.url(), KeySpace());
    const PutRequest request = MakePut(MakeKey(1), 1h);
    CHECK(world.store().Put(request, kNever).has_value() ==
          std::string_view(answer).ends_with("OK"));
    PutRequest paid = request;
    paid.counters = PaidCall();
    CHECK_FALSE(world.store().Put(paid, kNever));
    CHECK_FALSE(world.store().Add({PaidCall(), world.clock().WallNow(), RandomId()}, kNever));
    PendingWrite write{.id = RandomId(), .store_key = MakeKey(1).ToString()};
    write.value = EncodeEntry(*request.entry);
    write.expires_at = world.clock().WallNow() + 1h;
    CHECK_FALSE(world.store().Deliver(write, kNever));
  }
}

TEST_CASE("RedisStore: what it lost is put back, with its life, and nothing is overwritten") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  const KeySpace keys({.prefix = "site:", .secret = Secret("of the names")});
  test::RedisClientFixture world(server.url(), keys);
  const test::TempDir directory;
  const auto local = test::OpenStore(directory.path(), world.clock(), NullLogger(), keys);
  REQUIRE(local->Put(test::MakePut(test::MakeKey(1), 1h), kNever));
  REQUIRE(local->Put(test::MakePut(test::MakeKey(2), 1h), kNever));
  REQUIRE(local->PutPending(test::MakePut(test::MakeKey(3), 1h), kNever));
  const auto copies = local->ReadCopies(std::numeric_limits<std::int64_t>::max(), 10, kNever);
  REQUIRE(copies);
  REQUIRE(copies->size() == 2);  // what is pending is delivered
  CHECK(copies->front().store_key == keys.StoreKey(test::MakeKey(2)));
  CHECK(local->ReadCopies(copies->front().number, 10, kNever)->size() == 1);

  REQUIRE(world.store().Put(test::MakePut(test::MakeKey(1), 2h), kNever));
  CHECK(world.store().PutBack(*copies, kNever).value() == 1);
  const LookupResult kept = world.store().Lookup(test::MakeKey(1), kNever);
  CHECK(kept.ttl > 1h);
  const LookupResult put_back = world.store().Lookup(test::MakeKey(2), kNever);
  REQUIRE(put_back.outcome == LookupOutcome::kHit);
  CHECK(put_back.life_known);
  CHECK(put_back.ttl > 59min);
  CHECK(put_back.ttl <= 1h);
  CHECK(std::stoi(server.Ask({"TTL", keys.StoreKey(test::MakeKey(2))})) > 3'500);
}

TEST_CASE("RedisStore: totals are raised to what was seen, and never lowered") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const WallTime now = world.clock().WallNow();
  CounterTotals seen;
  seen.all.at(ContentKind::kText, Counter::kPaidCalls) = 20;
  seen.all.at(ContentKind::kText, Counter::kHits) = 3;
  seen.today.at(ContentKind::kText, Counter::kPaidCalls) = 5;
  CounterWrite write;
  write.delta.at(ContentKind::kText, Counter::kHits) = 7;
  write.when = now;
  REQUIRE(world.store().Add(write, kNever));  // folds
  for (int i = 0; i < 2; ++i) {
    REQUIRE(world.store().RaiseTotals(seen, kNever));
    const auto totals = world.store().Read(now, kNever);
    REQUIRE(totals);
    CHECK(totals->all.at(ContentKind::kText, Counter::kPaidCalls) == 20);
    CHECK(totals->all.at(ContentKind::kText, Counter::kHits) == 7);
    CHECK(totals->today.at(ContentKind::kText, Counter::kPaidCalls) == 5);
  }
}
