#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "integration/cache/redis/redis_fixture.h"
#include "json/json.h"
#include "support/entry_store_conformance.h"
#include "support/history_store_conformance.h"
#include "support/never.h"
#include "support/rest_stand_in.h"
#include "vcache/cache/redis/redis_history.h"
#include "vcache/cache/redis/redis_store.h"
#include "vcache/core/random_id.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::RedisServer;
using test::RestStandIn;

namespace {

/// The conformance suite's Redis, reached through the stand-in.
class RestUnderTest final : public test::RedisUnderTest {
 public:
  explicit RestUnderTest(KeySpace keys = KeySpace(),
                         std::unique_ptr<std::unique_ptr<RestStandIn>> holder =
                             std::make_unique<std::unique_ptr<RestStandIn>>())
      : RedisUnderTest(
            [slot = holder.get()](const RedisServer& server) {
              *slot = std::make_unique<RestStandIn>(server);
              return (*slot)->Options();
            },
            {}, std::move(keys)),
        holder_(std::move(holder)) {}

 private:
  std::unique_ptr<std::unique_ptr<RestStandIn>> holder_;
};

/// An entry that a store over TCP compresses.
PutRequest LargeEntry(unsigned number, double score = 87.5, std::chrono::seconds later = 0s) {
  Entry entry = *test::MakeEntry(MakeKey(number), score);
  entry.stored_at += later;
  entry.verdict.details = R"({"frames":")" + std::string(4'000, '1') + "\"}";
  PutRequest request;
  request.entry = std::make_shared<const Entry>(std::move(entry));
  request.ttl = 1h;
  return request;
}

Counters RestPaidCall() {
  Counters counters;
  counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  counters.at(ContentKind::kAnalysis, Counter::kSpentMicros) = 10'000;
  return counters;
}

bool IsFrame(const std::string& value) {
  return value.starts_with("\x28\xB5\x2F\xFD");
}

/// One Redis, one store on it over TCP and one over REST.
struct BothWays {
  RedisServer server;
  RestStandIn stand_in{server};
  test::RedisClientFixture tcp{server.url(), KeySpace()};
  test::RedisClientFixture rest{stand_in.Options(), KeySpace()};
};

}  // namespace

TEST_CASE("RedisStore over REST: keeps every promise of a VerdictStore") {
  if (!RestStandIn::Available()) return;
  test::RunVerdictStoreConformance([] { return std::make_unique<RestUnderTest>(); });
}

TEST_CASE("RedisStore over REST: keeps every promise of an EntryStore") {
  if (!RestStandIn::Available()) return;
  test::RunEntryStoreConformance([] { return std::make_unique<RestUnderTest>(); });
}

TEST_CASE("RedisStore over REST, with prefix and secret: keeps every promise of a VerdictStore") {
  if (!RestStandIn::Available()) return;
  test::RunVerdictStoreConformance([] {
    return std::make_unique<RestUnderTest>(
        KeySpace({.prefix = "s[i]*te?:", .secret = Secret("a secret of some length")}));
  });
}

TEST_CASE("RedisHistory over REST: keeps every promise of a HistoryStore") {
  if (!RestStandIn::Available()) return;
  BothWays both;
  test::FakeClock clock;
  clock.Advance(50s);
  test::CheckHistoryStore(*MakeRedisHistory({3, 100s}, KeySpace(), both.rest.connection(), clock));
}

TEST_CASE("RedisStore over REST: entries are plain JSON of any size, with their life") {
  if (!RestStandIn::Available()) return;
  BothWays both;
  PutRequest large = LargeEntry(1);
  large.counters = RestPaidCall();
  REQUIRE(both.rest.store().Put(large, kNever));
  const std::string value = both.server.Ask({"GET", MakeKey(1).ToString()});
  const auto object = ParseJson(value);
  REQUIRE(object);
  CHECK(AsNumber(Find(*object, "aiScore")) == 87.5);
  CHECK(AsString(FindPath(*object, {"verdict", "key"})) == "likely_ai");
  const int ttl = std::stoi(both.server.Ask({"TTL", MakeKey(1).ToString()}));
  CHECK(ttl >= 3'598);
  CHECK(ttl <= 3'600);
  CHECK(both.rest.store().Lookup(MakeKey(1), kNever).ttl > 3'590s);
}

TEST_CASE("RedisStore over REST: reads what is written over TCP, and the other way round") {
  if (!RestStandIn::Available()) return;
  BothWays both;
  REQUIRE(both.tcp.store().Put(LargeEntry(1), kNever));
  CHECK(IsFrame(both.server.Ask({"GET", MakeKey(1).ToString()})));
  REQUIRE(both.rest.store().Put(LargeEntry(2), kNever));
  const std::vector<CacheKey> keys = {MakeKey(1), MakeKey(2), MakeKey(3)};
  for (RedisStore* store : {&both.tcp.store(), &both.rest.store()}) {
    const auto found = store->LookupMany(keys, kNever);
    for (unsigned i = 0; i < 2; ++i) {
      REQUIRE(found[i].outcome == LookupOutcome::kHit);
      CHECK(found[i].entry->verdict.details == LargeEntry(1).entry->verdict.details);
    }
    CHECK(found[2].outcome == LookupOutcome::kMiss);
  }
}

TEST_CASE("RedisStore over REST: counters of both ways add up, a lost script is sent again") {
  if (!RestStandIn::Available()) return;
  BothWays both;
  const WallTime now = both.rest.clock().WallNow();
  for (RedisStore* store : {&both.tcp.store(), &both.rest.store()}) {
    for (unsigned i = 0; i < 3; ++i) {
      PutRequest paid = LargeEntry(i);
      paid.counters = RestPaidCall();
      REQUIRE(store->Put(paid, kNever));
      REQUIRE(store->Add({RestPaidCall(), now, RandomId()}, kNever));
      both.server.Ask({"SCRIPT", "FLUSH"});
    }
  }
  CHECK(both.tcp.store().Read(now, kNever)->all.total(Counter::kPaidCalls) == 12);
  CHECK(*&both.rest.store().Read(now, kNever)->today == both.tcp.store().Read(now, kNever)->today);
}

TEST_CASE("RedisStore over REST: a compressed write waits, and replaces a compressed entry") {
  if (!RestStandIn::Available()) return;
  BothWays both;
  // Both values are zstd frames: one lies there, the other was caught on disk while the service
  // still used TCP. JSON carries neither.
  REQUIRE(both.tcp.store().Put(LargeEntry(1, 10), kNever));
  const PutRequest newer = LargeEntry(1, 90, 60s);
  PendingWrite write;
  write.id = "an-id";
  write.store_key = MakeKey(1).ToString();
  write.value = EncodeEntry(*newer.entry);
  REQUIRE(IsFrame(write.value));
  write.expires_at = both.rest.clock().WallNow() + 1h;
  write.made_at = both.rest.clock().WallNow();
  write.counters = RestPaidCall();
  for (int i = 0; i < 2; ++i) {  // a repeated delivery changes nothing
    REQUIRE(both.rest.store().Deliver(write, kNever));
    const auto found = both.tcp.store().Lookup(MakeKey(1), kNever);
    REQUIRE(found.outcome == LookupOutcome::kHit);
    CHECK(found.entry->verdict.ai_score == 90);
  }
  CHECK(both.server.Ask({"GET", MakeKey(1).ToString()}) == write.value);
  CHECK(both.tcp.store().Read(write.made_at, kNever)->all.total(Counter::kPaidCalls) == 1);
}

TEST_CASE("RedisStore over REST: a full database answers look-ups; one log line each way") {
  if (!RestStandIn::Available()) return;
  BothWays both;
  REQUIRE(both.rest.store().Put(LargeEntry(1), kNever));
  both.server.Ask({"CONFIG", "SET", "maxmemory", "1"});
  for (int i = 0; i < 3; ++i) CHECK_FALSE(both.rest.store().Put(LargeEntry(2), kNever));
  CHECK(both.rest.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(both.rest.store().available());
  CHECK(both.rest.logger().Count(LogLevel::kWarn) == 1);
  both.server.Ask({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(both.rest.store().Put(LargeEntry(2), kNever));
}

TEST_CASE("RedisStore over REST: troubles of the service are unavailable, never a miss") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  for (const char* trouble :
       {R"({"mode":"status","status":500})", R"({"mode":"status","status":429})",
        R"({"mode":"status","status":404})", R"({"mode":"garbage"})", R"({"mode":"drop"})",
        R"({"mode":"error","error":"ERR max requests limit exceeded. Limit: 1"})",
        R"({"mode":"error","error":"NOPERM no permission"})",
        R"({"mode":"error","error":"WRONGPASS invalid or missing auth token","status":401})"}) {
    CAPTURE(trouble);
    stand_in.Behave("{}");
    test::RedisClientFixture one(stand_in.Options(), KeySpace());
    test::RedisClientFixture many(stand_in.Options(), KeySpace());
    stand_in.Behave(trouble);
    CHECK(one.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kUnavailable);
    const std::vector<CacheKey> two = {MakeKey(1), MakeKey(2)};
    CHECK(many.store().LookupMany(two, kNever)[1].outcome == LookupOutcome::kUnavailable);
  }
}
