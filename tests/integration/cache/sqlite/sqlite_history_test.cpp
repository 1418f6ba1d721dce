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
