#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "integration/cache/redis/redis_fixture.h"
#include "support/fake_clock.h"
#include "support/history_store_conformance.h"
#include "vcache/cache/redis/redis_history.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;

namespace {

struct RedisHistoryFixture {
  RedisHistoryFixture() { clock.Advance(50s); }

  test::RedisServer server;
  test::RedisClientFixture world{server.url(), KeySpace()};
  test::FakeClock clock;
  std::unique_ptr<HistoryStore> store =
      MakeRedisHistory({3, 100s}, KeySpace({.prefix = "p:"}), world.connection(), clock);
};

}  // namespace

TEST_CASE("RedisHistory: keeps every promise of a HistoryStore") {
  RedisHistoryFixture fixture;
  test::CheckHistoryStore(*fixture.store);
}

TEST_CASE("RedisHistory: names no owner, ends by itself, and holds little more than its limit") {
  RedisHistoryFixture fixture;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(fixture.store->Append(
        std::vector<HistoryWrite>{{"user:eve@example.org", {test::RecordAt(i, i * 1s)}}}, kNever));
  }
  CHECK(fixture.server.Ask({"DBSIZE"}) == "1");
  const std::string name = fixture.server.Ask({"RANDOMKEY"});
  CHECK(name.starts_with("p:history:"));
  CHECK(name.size() == std::string("p:history:").size() + 64);
  CHECK(std::stoi(fixture.server.Ask({"ZCARD", name})) <= 6);
  const int life = std::stoi(fixture.server.Ask({"TTL", name}));
  CHECK(life > 90);
  CHECK(life <= 100);
}
