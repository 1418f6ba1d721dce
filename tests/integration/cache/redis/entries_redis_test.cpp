#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "integration/cache/redis/redis_fixture.h"
#include "support/entry_store_conformance.h"

// What administrators see of the shared store.

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;
using test::RedisServer;

namespace {

class EntriesUnderTest final : public test::RedisUnderTest {
 public:
  using RedisUnderTest::RedisUnderTest;
  using RedisUnderTest::server;

  /// How often a command was run, those of other words not told apart.
  long Calls(const std::string& command) {
    const std::string all = server().Ask({"INFO", "commandstats"});
    const std::string head = "cmdstat_" + command + ":calls=";
    const std::size_t at = all.find(head);
    return at == std::string::npos ? 0 : std::stol(all.substr(at + head.size()));
  }
};

}  // namespace

TEST_CASE("RedisStore: keeps every promise of an EntryStore") {
  if (!RedisServer::Available()) return;
  test::RunEntryStoreConformance([] { return std::make_unique<EntriesUnderTest>(); });
}

TEST_CASE("RedisStore with prefix and secret: keeps every promise of an EntryStore") {
  if (!RedisServer::Available()) return;
  test::RunEntryStoreConformance([] {
    return std::make_unique<EntriesUnderTest>(
        RedisServer::Options(),
        KeySpace({.prefix = "s[i]*te?:", .secret = Secret("a secret of some length")}));
  });
}

TEST_CASE("RedisStore: a walk over others' keys too is bounded, and asks by SCAN and MGET only") {
  if (!RedisServer::Available()) return;
  EntriesUnderTest world;
  for (unsigned i = 0; i < 500; ++i) {
    REQUIRE(world.store().Put(MakePut(MakeKey(i), 1h), kNever));
  }
  world.server().Ask(
      {"EVAL", "for i = 1, 60000 do redis.call('SET', 'session:' .. i, 'x') end", "0"});
  world.server().Ask({"CONFIG", "RESETSTAT"});
  const auto seen = test::entry_conformance::Walk(world.entries(), "*", 100);
  CHECK(seen.size() == 500);
  CHECK(world.Calls("keys") == 0);
  CHECK(world.Calls("get") == 0);
  CHECK(world.Calls("pttl") == 0);
  CHECK(world.Calls("scan") >= 120);  // 60,500 keys, 500 at a time
  CHECK(world.Calls("scan") < 500);
  CHECK(world.Calls("mget") < 500);
  // One page of what matches nothing looks at a bounded number of keys, then says where to go on.
  world.server().Ask({"CONFIG", "RESETSTAT"});
  EntryQuery query;
  query.pattern = *KeyPattern::Parse("text:*");
  const auto page = world.entries().Page(
      query, [](KeptEntry&&) { return true; }, kNever);
  REQUIRE(page);
  CHECK_FALSE(page->empty());
  CHECK(world.Calls("scan") <= 100);
  CHECK(test::entry_conformance::Walk(world.entries(), "text:*", 100).empty());
}

TEST_CASE("RedisStore: a merge costs one command for each new entry, and few to find out") {
  if (!RedisServer::Available()) return;
  EntriesUnderTest world;
  std::vector<EntryWrite> writes;
  for (unsigned i = 0; i < 500; ++i) {
    writes.push_back(test::entry_conformance::WriteOf(world, i, 0s));
  }
  world.server().Ask({"CONFIG", "RESETSTAT"});
  REQUIRE(world.entries().Merge(writes, kNever)->stored == 500);
  CHECK(world.Calls("mget") == 10);
  CHECK(world.Calls("set") == 500);
  REQUIRE(world.entries().Merge(writes, kNever)->kept == 500);
  CHECK(world.Calls("mget") == 20);
  CHECK(world.Calls("set") == 500);
  CHECK(world.Calls("evalsha") == 0);
}
