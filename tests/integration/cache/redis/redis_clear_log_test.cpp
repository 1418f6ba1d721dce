#include <doctest/doctest.h>

#include "integration/cache/redis/redis_fixture.h"
#include "support/never.h"
#include "vcache/cache/clear_count.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::RedisServer;

namespace {

/// A store whose clears are asked for.
struct Clearing {
  explicit Clearing(const char* prefix = "")
      : log_key(std::string(prefix) + "cleared:{" + prefix + "events:clears}"),
        world(server.url(), KeySpace({prefix})) {}

  std::int64_t Count() { return *world.store().CountClears(kNever); }
  void Clear(const char* pattern) {
    REQUIRE(world.store().Clear(*KeyPattern::Parse(pattern), ClearMode::kDelete, kNever));
  }
  /// Their patterns, the newest first.
  std::vector<std::string> Since(std::optional<std::int64_t> seen) {
    std::vector<std::string> patterns;
    const auto clears = world.store().ClearsSince(seen, Count(), kNever);
    REQUIRE(clears);
    for (const ClearRecord& clear : *clears) {
      CHECK(clear.at <= world.clock().WallNow());
      CHECK(clear.at > world.clock().WallNow() - 60s);
      patterns.push_back(clear.pattern.text());
    }
    return patterns;
  }

  RedisServer server;
  const std::string log_key;
  test::RedisClientFixture world;
};

using Patterns = std::vector<std::string>;

}  // namespace

TEST_CASE("RedisStore: a replica that missed clears learns what each of them cleared") {
  if (!RedisServer::Available()) return;
  Clearing site("site:");
  const std::int64_t begun = site.Count();
  CHECK(EpochOf(begun) != 0);  // a count that is too long for Lua's numbers
  site.Clear("text:*");
  site.Clear("analysis:ab*");
  CHECK(site.Count() == begun + 2);
  CHECK(site.Since(begun) == Patterns{"analysis:ab*", "text:*"});
  CHECK(site.Since(begun + 1) == Patterns{"analysis:ab*"});
  CHECK(site.Since(begun + 2).empty());
  CHECK(site.Since(std::nullopt) == Patterns{"analysis:ab*", "text:*"});
}

TEST_CASE("RedisStore: a missed clear of which nothing is known may have been one of everything") {
  if (!RedisServer::Available()) return;
  Clearing site;
  const std::int64_t begun = site.Count();
  site.Clear("text:*");
  site.server.Ask({"INCR", "events:clears"});  // as an older version clears
  CHECK(site.Since(begun) == Patterns{"text:*", "*"});
  CHECK(site.Since(std::nullopt) == Patterns{"text:*"});  // nothing was there to be missed

  site.server.Ask({"LPUSH", site.log_key, "no record"});
  CHECK(site.Since(begun + 1) == Patterns{"*"});
  site.server.Ask({"SET", site.log_key, "no list"});
  site.Clear("text:*");  // is counted all the same
  CHECK(site.Count() == begun + 3);
  CHECK(site.Since(begun + 2) == Patterns{"*"});
}

TEST_CASE("RedisStore: of a store that lost its data only the clears since are known") {
  if (!RedisServer::Available()) return;
  Clearing site;
  const std::int64_t begun = site.Count();
  site.Clear("text:*");
  site.server.Ask({"FLUSHALL"});
  CHECK(EpochOf(site.Count()) != EpochOf(begun));
  CHECK(site.Since(begun).empty());
  site.Clear("analysis:*");
  CHECK(site.Since(begun) == Patterns{"analysis:*"});
}

TEST_CASE("RedisStore: the log of clears keeps the last thousand") {
  if (!RedisServer::Available()) return;
  Clearing site;
  const std::int64_t begun = site.Count();
  for (int i = 0; i < 1'001; ++i) site.Clear("text:ab");
  CHECK(site.server.Ask({"LLEN", site.log_key}) == "1000");
  CHECK(site.Since(begun + 1).size() == 1'000);
  CHECK(site.Since(begun).size() == 1'001);
  CHECK(site.Since(begun).back() == "*");
}
