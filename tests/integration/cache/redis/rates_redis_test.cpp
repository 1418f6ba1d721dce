#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "integration/cache/redis/redis_fixture.h"
#include "vcache/cache/redis/redis_rates.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;

namespace {

std::unique_ptr<redis::RespConnection> ConnectForRates(const std::string& url, Clock& clock) {
  redis::RespConnectionOptions options;
  options.url = *redis::ParseRedisUrl(url);
  options.command_timeout = 5'000ms;
  return *redis::MakeRespConnection(options, clock, NullLogger());
}

}  // namespace

TEST_CASE("RedisRateStore: adds up what replicas counted, by window, and lets it expire") {
  test::RedisServer server;
  SystemClock clock;
  const auto client = ConnectForRates(server.url(), clock);
  REQUIRE(client->AwaitReady(Deadline::After(clock, 10s)));
  const auto store = MakeRedisRateStore(false, KeySpace({.prefix = "p:"}), *client);
  const std::vector<RateChange> changes = {
      {"m7", 120s, "l1", 3}, {"d1", 172'800s, "d1", 1}, {"m7", 120s, "l2", 4}};
  const auto first = store->Exchange(changes, Deadline::After(clock, 5s));
  REQUIRE(first);
  CHECK(*first == std::vector<std::uint64_t>{3, 1, 4});
  const auto second = store->Exchange(changes, Deadline::After(clock, 5s));
  REQUIRE(second);
  CHECK(*second == std::vector<std::uint64_t>{6, 2, 8});
  const auto life =
      client->Run(redis::RespCommand{{"TTL", "p:rates:m7"}, {}}, Deadline::After(clock, 5s));
  REQUIRE(life);
  CHECK(life->integer > 100);
  CHECK(life->integer <= 120);
}

TEST_CASE("RedisRateStore: takes as many changes at once as a replica sends") {
  test::RedisServer server;
  SystemClock clock;
  const auto client = ConnectForRates(server.url(), clock);
  REQUIRE(client->AwaitReady(Deadline::After(clock, 10s)));
  const auto store = MakeRedisRateStore(true, KeySpace(), *client);
  std::vector<RateChange> changes;
  for (int i = 0; i < 2'000; ++i) changes.push_back({"m7", 120s, "l" + std::to_string(i), 1});
  const auto sums = store->Exchange(changes, Deadline::After(clock, 5s));
  REQUIRE(sums);
  CHECK(*sums == std::vector<std::uint64_t>(2'000, 1));
}
