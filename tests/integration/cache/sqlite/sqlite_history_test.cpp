#include "vcache/cache/sqlite/sqlite_history.h"

#include <doctest/doctest.h>

#include <chrono>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/history_store_conformance.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;

TEST_CASE("SqliteHistory: keeps every promise of a HistoryStore, over restarts too") {
  test::TempDir dir;
  test::FakeClock clock;
  clock.Advance(50s);
  const auto open = [&] {
    auto opened =
        OpenSqliteHistory({.directory = dir.path(), .limits = {3, 100s}}, KeySpace(), clock);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  };
  test::CheckHistoryStore(*open());
  CHECK(test::IdsOf(*open(), "user:1") == std::vector<std::string>{"id5"});
  // What is too old is gone from the disk too, with the next write.
  clock.Advance(200s);
  REQUIRE(open()->Append(std::vector<HistoryWrite>{{"user:7", {test::RecordAt(1, 240s)}}}, kNever));
  CHECK(test::RawDatabase(dir.path()).Query("SELECT count(*) FROM history") == "1");
}

TEST_CASE("SqliteHistory: families of one file know nothing of each other") {
  test::TempDir dir;
  test::FakeClock clock;
  clock.Advance(500s);
  const auto open = [&](cache::HistoryLimits limits) {
    auto opened = OpenSqliteHistory({.directory = dir.path(), .limits = std::move(limits)},
                                    KeySpace({.prefix = "site:"}), clock);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  };
  const auto lasting = open({.entries = 9, .life = 400s, .family = "audit"});
  const auto brief = open({.entries = 1, .life = 100s});
  REQUIRE(
      lasting->Append(std::vector<HistoryWrite>{{"user:1", {test::RecordAt(1, 300s)}}}, kNever));
  // Another family's limits and erasures leave it alone.
  REQUIRE(brief->Append(std::vector<HistoryWrite>{{"user:1", {test::RecordAt(2, 450s)}}}, kNever));
  CHECK(*brief->Erase("user:1", kNever) == 1);
  CHECK(test::IdsOf(*lasting, "user:1") == std::vector<std::string>{"id1"});
  CHECK(test::IdsOf(*brief, "user:1").empty());
}
