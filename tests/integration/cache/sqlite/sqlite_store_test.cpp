#include "vcache/cache/sqlite/sqlite_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/core/random_id.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

/// Memory in front of SQLite: what the service runs with.
class TieredUnderTest final : public test::SqliteUnderTest {
 public:
  VerdictStore& store() override { return tiered_; }

 private:
  MemoryStore memory_{{.max_ttl = 0s}, fake_clock()};
  TieredStore tiered_{&memory_, &SqliteUnderTest::store()};
};

KeySpace Prefixed(std::string prefix) {
  return KeySpace({.prefix = std::move(prefix)});
}

mode_t ModeOf(const std::filesystem::path& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

}  // namespace

TEST_CASE("SqliteStore: keeps every promise of a VerdictStore") {
  test::RunVerdictStoreConformance([] { return std::make_unique<test::SqliteUnderTest>(); });
}

TEST_CASE("SqliteStore with prefix and secret: keeps every promise of a VerdictStore") {
  test::RunVerdictStoreConformance([] {
    return std::make_unique<test::SqliteUnderTest>(
        KeySpace({.prefix = "site:", .secret = Secret("a secret of some length")}));
  });
}

TEST_CASE("TieredStore over SqliteStore: keeps every promise of a VerdictStore") {
  test::RunVerdictStoreConformance([] { return std::make_unique<TieredUnderTest>(); });
}

TEST_CASE("SqliteStore: survives a restart, counters and their beginning included") {
  test::TempDir dir;
  test::FakeClock clock;
  WallTime since;
  {
    const auto store = test::OpenStore(dir.path(), clock);
    PutRequest request = MakePut(MakeKey(1), 1h);
    request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
    REQUIRE(store->Put(request, kNever));
    since = store->Read(clock.WallNow(), kNever)->since;
    CHECK(since == clock.WallNow());
  }
  clock.Advance(10s);
  const auto store = test::OpenStore(dir.path(), clock);
  const auto found = store->Lookup(MakeKey(1), kNever);
  REQUIRE(found.outcome == LookupOutcome::kHit);
  CHECK(found.tier == Tier::kSqlite);
  CHECK(found.ttl == 1h - 10s);
  const auto totals = store->Read(clock.WallNow(), kNever);
  CHECK(totals->since == since);
  CHECK(totals->all.total(Counter::kPaidCalls) == 1);
}

TEST_CASE("SqliteStore: directory and file are the user's alone") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path() / "a" / "data", clock);
  CHECK(ModeOf(dir.path() / "a" / "data") == 0700);
  CHECK(ModeOf(dir.path() / "a" / "data" / "verdictcache.db") == 0600);
}

TEST_CASE("SqliteStore: sites with other prefixes share a file and never meet") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto plain = test::OpenStore(dir.path(), clock);
  const auto demo = test::OpenStore(dir.path(), clock, NullLogger(), Prefixed("demo:"));
  REQUIRE(plain->Put(MakePut(MakeKey(1), 1h), kNever));
  CHECK(demo->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);
  REQUIRE(demo->Put(MakePut(MakeKey(2), 1h), kNever));
  Counters hit;
  hit.at(ContentKind::kText, Counter::kHits) = 1;
  REQUIRE(demo->Add({hit, clock.WallNow(), RandomId()}, kNever));
  CHECK(plain->Read(clock.WallNow(), kNever)->all.empty());
  CHECK(plain->Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 1);
  CHECK(demo->Lookup(MakeKey(2), kNever).outcome == LookupOutcome::kHit);
}

TEST_CASE("SqliteStore: expired entries are swept on writes and at open") {
  test::TempDir dir;
  test::FakeClock clock;
  test::RawDatabase* raw = nullptr;
  auto store = test::OpenStore(dir.path(), clock);
  test::RawDatabase database(dir.path());
  raw = &database;
  for (unsigned i = 0; i < 40; ++i) REQUIRE(store->Put(MakePut(MakeKey(i), 10s), kNever));
  clock.Advance(10s);
  REQUIRE(store->Put(MakePut(MakeKey(100), 1h), kNever));
  CHECK(raw->Query("SELECT count(*) FROM entries") == "9");  // a bounded batch of 32
  store.reset();
  store = test::OpenStore(dir.path(), clock);
  CHECK(raw->Query("SELECT count(*) FROM entries") == "1");
}

TEST_CASE("SqliteStore: days and hours are dropped when they are old, totals never") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  test::RawDatabase database(dir.path());
  Counters hit;
  hit.at(ContentKind::kText, Counter::kHits) = 1;
  REQUIRE(store->Add({hit, clock.WallNow(), RandomId()}, kNever));
  CHECK(database.Query("SELECT value FROM counters WHERE key = 'stats:day:2026-01-01'"
                       " AND field = 'text:hits'") == "1");
  CHECK(database.Query("SELECT count(*) FROM counters WHERE key LIKE 'stats:hour:%'") == "1");
  clock.Advance(std::chrono::days(9));
  REQUIRE(store->Add({hit, clock.WallNow(), RandomId()}, kNever));
  CHECK(database.Query("SELECT group_concat(key) FROM counters WHERE key LIKE 'stats:hour:%'") ==
        "stats:hour:2026-01-10T00");
  CHECK(database.Query("SELECT count(*) FROM counters WHERE key LIKE 'stats:day:%'") == "2");
  clock.Advance(std::chrono::days(400));
  REQUIRE(store->Add({hit, clock.WallNow(), RandomId()}, kNever));
  CHECK(database.Query("SELECT count(*) FROM counters WHERE key LIKE 'stats:day:%'") == "2");
  CHECK(store->Read(clock.WallNow(), kNever)->all.total(Counter::kHits) == 3);
}

TEST_CASE("SqliteStore: many threads share its few connections (rule P3)") {
  test::SqliteUnderTest world;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 64; ++t) {
    threads.emplace_back([&world, &wrong, t] {
      if (!world.store().Put(MakePut(MakeKey(t), 1h, t), kNever)) ++wrong;
      const auto found = world.store().Lookup(MakeKey(t), kNever);
      if (found.outcome != LookupOutcome::kHit || found.entry->verdict.ai_score != t) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("SqliteStore: clears more than one batch") {
  test::SqliteUnderTest world;
  test::RawDatabase(world.directory())
      .Query(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1700)"
          " INSERT INTO entries(key, expires_ms, value)"
          " SELECT 'text:' || printf('%064x', i), 9000000000000, x'7b7d' FROM n");
  CHECK(world.store().Clear(*KeyPattern::Parse("text:*"), ClearMode::kDryRun, kNever)->text ==
        1700);
  CHECK(world.store().Clear(*KeyPattern::Parse("*1"), ClearMode::kDelete, kNever)->text == 107);
  CHECK(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->text == 1593);
}

TEST_CASE("SqliteStore: what holds a content back survives a restart, and a clear of it lifts it") {
  test::TempDir dir;
  test::FakeClock clock;
  const WallTime until = clock.WallNow() + 64s;
  const auto open = [&] { return test::OpenStore(dir.path(), clock, NullLogger(), KeySpace()); };
  CHECK(open()->HoldBack(MakeKey(1), {{"hive"}, 64s, until}, kNever));
  const auto store = open();
  const auto held = store->Lookup(MakeKey(1), kNever).charged_failure;
  REQUIRE(held);
  CHECK(held->vendors == std::vector<std::string>{"hive"});
  CHECK(held->pause == 64s);
  CHECK(held->until == until);
  CHECK_FALSE(store->Lookup(MakeKey(2), kNever).charged_failure);
  CHECK(store->Clear(*KeyPattern::Parse(MakeKey(2).ToString()), ClearMode::kDelete, kNever)
            ->total() == 0);
  CHECK(store->Lookup(MakeKey(1), kNever).charged_failure);
  CHECK(store->Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 0);
  CHECK_FALSE(store->Lookup(MakeKey(1), kNever).charged_failure);
  CHECK(store->HoldBack(MakeKey(1), {{"hive"}, 64s, until}, kNever));
  clock.Advance(64s + kLongestChargedPause);
  CHECK_FALSE(store->Lookup(MakeKey(1), kNever).charged_failure);
}

TEST_CASE("SqliteStore: a partial verdict's answers outlive it, also while it is pending") {
  test::TempDir dir;
  test::FakeClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  Entry entry = *test::MakeEntry(MakeKey(1), 87.5);
  entry.verdict.partial = true;
  PutRequest request;
  request.entry = std::make_shared<const Entry>(entry);
  request.ttl = 60s;
  request.answers_ttl = 1'000s;
  SUBCASE("kept") {
    CHECK(store->Put(request, kNever));
  }
  SUBCASE("pending") {
    CHECK(store->PutPending(request, kNever));
  }
  CHECK(store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kHit);
  CHECK(store->Lookup(MakeKey(1), kNever).ttl <= 60s);
  clock.Advance(61s);
  const LookupResult over = store->Lookup(MakeKey(1), kNever);
  CHECK(over.outcome == LookupOutcome::kMiss);
  REQUIRE(over.earlier);
  CHECK(over.earlier->verdict.ai_score == 87.5);
  CHECK_FALSE(over.earlier->expires_at);
  clock.Advance(940s);
  CHECK_FALSE(store->Lookup(MakeKey(1), kNever).earlier);
}
