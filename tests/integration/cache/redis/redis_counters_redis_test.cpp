// What is counted in Redis, and what that costs.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "integration/cache/redis/redis_fixture.h"
#include "support/never.h"
#include "vcache/cache/redis/redis_store.h"
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

/// All commands that the server ran since the last CONFIG RESETSTAT, inside scripts too; not those
/// that the test itself needs.
int CommandsRun(const RedisServer& server) {
  const std::string stats = server.Ask({"INFO", "commandstats"});
  int calls = 0;
  std::size_t at = 0;
  while ((at = stats.find("cmdstat_", at)) != std::string::npos) {
    const std::string name = stats.substr(at + 8, stats.find(':', at) - at - 8);
    at = stats.find("calls=", at) + 6;
    if (name != "info" && !name.starts_with("config")) calls += std::atoi(stats.c_str() + at);
  }
  return calls;
}

}  // namespace

TEST_CASE("RedisStore: commands that a hosted Redis would bill") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const auto count = [&](auto&& act) {
    server.Ask({"CONFIG", "RESETSTAT"});
    act();
    return CommandsRun(server);
  };
  PutRequest paid = MakePut(MakeKey(1), 1h);
  paid.counters = PaidCall();
  REQUIRE(world.store().Put(paid, kNever));  // teaches the server the script
  CHECK(count([&] { CHECK(world.store().Put(paid, kNever)); }) == 3);
  CHECK(count([&] { CHECK(world.store().Put(MakePut(MakeKey(2), 1h), kNever)); }) == 1);
  CHECK(count([&] {
          CHECK(world.store().Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
        }) == 1);
  CHECK(count([&] { (void)world.store().Lookup(MakeKey(9), kNever); }) == 1);
  std::vector<CacheKey> hundred;
  for (unsigned i = 0; i < 100; ++i) hundred.push_back(MakeKey(i));
  CHECK(count([&] { (void)world.store().LookupMany(hundred, kNever); }) == 1);
  const WallTime now = world.clock().WallNow();
  REQUIRE(world.store().Add({PaidCall(), now, RandomId()}, kNever));
  CHECK(count([&] { CHECK(world.store().Add({PaidCall(), now, RandomId()}, kNever)); }) == 1);
  // The first of a process folds what waits, and later ones each three minutes: with a flush each
  // ten seconds this keeps within twelve a minute.
  test::RedisClientFixture other(server.url(), KeySpace());
  const int to_fold = count([&] {
    CHECK(other.store().Add({PaidCall(), now, RandomId()}, kNever));
  });
  MESSAGE("commands to add counters and fold: " << to_fold);
  CHECK(to_fold <= 1 + 3 * 6);
  CHECK(count([&] { CHECK(world.store().Read(now, kNever)); }) == 2);
  const int to_reset = count([&] { CHECK(world.store().ResetTotals(now, kNever)); });
  MESSAGE("commands to reset the counters: " << to_reset);
  CHECK(to_reset <= 1 + 3 * 3 + 1);  // a fold of one hour, and the event
  const CounterRange days{CounterRange::Period::kDay, now - 30 * 24h, 31};
  REQUIRE(world.store().ReadRange(days, kNever));  // teaches the server the script
  CHECK(count([&] { CHECK(world.store().ReadRange(days, kNever)); }) == 1 + 1 + 31);
}

TEST_CASE("RedisStore: counters are kept by total, day and hour, with their lives") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace({.prefix = "site:"}));
  const WallTime now = world.clock().WallNow();
  PutRequest paid = MakePut(MakeKey(1), 1h);
  paid.counters = PaidCall();
  paid.counters.at(ContentKind::kText, Counter::kSpentMicros) = 9'007'199'254;
  REQUIRE(world.store().Put(paid, kNever));
  // Exact and visible at once, before anything is moved to the hour and the day.
  auto totals = world.store().Read(now, kNever);
  CHECK(totals->today.total(Counter::kSpentMicros) == 9'007'209'254);
  CHECK(totals->all == totals->today);
  Counters hits;
  hits.at(ContentKind::kText, Counter::kHits) = 3;
  const CounterWrite again{hits, now, RandomId()};
  REQUIRE(world.store().Add({hits, now, RandomId()}, kNever));
  REQUIRE(world.store().Add(again, kNever));
  REQUIRE(world.store().Add(again, kNever));  // its answer was lost, say
  totals = world.store().Read(now, kNever);
  CHECK(totals->all == totals->today);
  CHECK(totals->all.total(Counter::kHits) == 6);
  CHECK(totals->all.total(Counter::kSpentMicros) == 9'007'209'254);
  CHECK(server.Ask({"HGET", "site:stats:counters", "text:spent_micros"}) == "9007199254");
  // What came after the first fold waits for the next one, of whatever replica.
  CHECK(server.Ask({"HGET", "site:stats:counters", "text:hits"}) == "3");
  test::RedisClientFixture other(server.url(), KeySpace({.prefix = "site:"}));
  REQUIRE(other.store().Add({PaidCall(), now, RandomId()}, kNever));
  CHECK(other.store().Read(now, kNever)->all.total(Counter::kHits) == 6);
  const std::string keys = server.Ask({"KEYS", "site:stats:*"});
  const auto key_of = [&](const std::string& family) {
    const std::size_t at = keys.find(family);
    REQUIRE(at != std::string::npos);
    return keys.substr(at, keys.find('\n', at) - at);
  };
  for (const auto& [family, days] :
       {std::pair("site:stats:day:", 400), std::pair("site:stats:hour:", 8)}) {
    const std::string key = key_of(family);
    CHECK(server.Ask({"HGET", key, "text:hits"}) == "6");
    CHECK(server.Ask({"HGET", key, "analysis:spent_micros"}) == "20000");
    const int ttl = std::stoi(server.Ask({"TTL", key}));
    CHECK(ttl <= days * 86'400);
    CHECK(ttl > days * 86'400 - 60);
  }
  CHECK(server.Ask({"TTL", "site:stats:counters"}) == "-1");
  CHECK(server.Ask({"HKEYS", "site:stats:counters"}).find("pending") == std::string::npos);
}

TEST_CASE(
    "RedisStore: a fold moves counts of any name, also those that only a newer version knows") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const WallTime now = world.clock().WallNow();
  server.Ask({"HSET", "stats:counters", "pending:2026-11-21T10:1",
              "vendor:some-new.one:text:paid_calls=3,text:hits=2,new one=-7"});
  REQUIRE(world.store().Add({PaidCall(), now, RandomId()}, kNever));
  CHECK(server.Ask({"HGET", "stats:counters", "vendor:some-new.one:text:paid_calls"}) == "3");
  CHECK(server.Ask({"HGET", "stats:day:2026-11-21", "text:hits"}) == "2");
  CHECK(server.Ask({"HGET", "stats:hour:2026-11-21T10", "new one"}) == "-7");
  CHECK(server.Ask({"HEXISTS", "stats:counters", "one:text:paid_calls"}) == "0");
}

TEST_CASE("RedisStore: totals can be read however many calls wait in them") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  server.Ask({"EVAL",
              "for i = 1, 20000 do redis.call('HSET', 'stats:counters', "
              "'pending:2026-11-21T10:' .. i, 'text:paid_calls=1') end",
              "0"});
  const WallTime now = world.clock().WallNow();
  CHECK(world.store().Read(now, kNever)->all.total(Counter::kPaidCalls) == 20'000);
  REQUIRE(world.store().Add({PaidCall(), now, RandomId()}, kNever));
  CHECK(world.store().Read(now, kNever)->all.total(Counter::kPaidCalls) == 20'001);
  CHECK(server.Ask({"HKEYS", "stats:counters"}).find("pending") == std::string::npos);
}

TEST_CASE("RedisStore: what many writes left behind is folded before it gets long") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const WallTime now = world.clock().WallNow();
  constexpr int kMostPending = 500;
  for (int i = 0; i < kMostPending; ++i) {
    REQUIRE(world.store().Add({PaidCall(), now, RandomId()}, kNever));
  }
  CHECK(server.Ask({"HLEN", "stats:counters"}) != "3");
  REQUIRE(world.store().Add({PaidCall(), now, RandomId()}, kNever));
  CHECK(server.Ask({"HKEYS", "stats:counters"}).find("pending") == std::string::npos);
  CHECK(world.store().Read(now, kNever)->today.total(Counter::kPaidCalls) == kMostPending + 1);
}

TEST_CASE("RedisStore: counters of many writers at once add up") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture one(server.url(), KeySpace());
  test::RedisClientFixture two(server.url(), KeySpace());
  const WallTime now = one.clock().WallNow();
  std::vector<std::thread> writers;
  for (unsigned t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      RedisStore& store = t % 2 == 0 ? one.store() : two.store();
      for (unsigned i = 0; i < 25; ++i) {
        PutRequest paid = MakePut(MakeKey(100 * t + i), 1h);
        paid.counters = PaidCall();
        CHECK(store.Put(paid, kNever));
        if (i % 5 == 0) CHECK(store.Add({PaidCall(), now, RandomId()}, kNever));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto totals = one.store().Read(now, kNever);
  CHECK(totals->all.total(Counter::kPaidCalls) == 120);
  CHECK(totals->all.total(Counter::kSpentMicros) == 1'200'000);
  CHECK(totals->today == totals->all);
}

TEST_CASE("RedisStore: a series shows each count once while others write and fold") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture one(server.url(), KeySpace());
  test::RedisClientFixture two(server.url(), KeySpace());
  const WallTime now = one.clock().WallNow();
  constexpr int kWrites = 600;  // with folds among them
  std::atomic<int> begun{0};
  std::atomic<int> done{0};
  std::thread writer([&] {
    for (int i = 0; i < kWrites; ++i) {
      ++begun;
      CHECK(two.store().Add({PaidCall(), now, RandomId()}, kNever));
      ++done;
    }
  });
  const CounterRange hours{CounterRange::Period::kHour,
                           std::chrono::floor<std::chrono::hours>(now) - 5h, 6};
  bool goes_on = true;
  while (goes_on) {
    goes_on = done < kWrites;
    const int at_least = done;
    const auto series = one.store().ReadRange(hours, kNever);
    REQUIRE(series);
    const std::int64_t seen = series->back().total(Counter::kPaidCalls);
    CHECK(seen >= at_least);
    CHECK(seen <= begun);
  }
  writer.join();
  CHECK(one.store().ReadRange(hours, kNever)->back().total(Counter::kPaidCalls) == kWrites);
}
