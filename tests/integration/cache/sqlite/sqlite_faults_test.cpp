#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "integration/cache/sqlite/sqlite_fixture.h"
#include "support/never.h"

using namespace vcache;
using namespace vcache::cache;
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;

namespace {

Error OpenError(const std::filesystem::path& directory) {
  SystemClock clock;
  SqliteStoreOptions options;
  options.directory = directory;
  options.busy_timeout = 50ms;
  auto store = OpenSqliteStore(options, KeySpace(), clock, NullLogger());
  REQUIRE_FALSE(store);
  return store.error();
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// No file of this process grows over `bytes` while this lives: a full disk, for SQLite.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit lower = before_;
    lower.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &lower) == 0);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("OpenSqliteStore: says which file is damaged and what to do") {
  test::TempDir dir;
  WriteFile(dir.path() / "verdictcache.db", std::string(8'192, 'x'));
  const Error error = OpenError(dir.path());
  CHECK(error.code == ErrorCode::kIo);
  CHECK(error.message.find((dir.path() / "verdictcache.db").string()) != std::string::npos);
  CHECK(error.message.find("Move it away") != std::string::npos);
}

TEST_CASE("OpenSqliteStore: leaves another application's database alone") {
  test::TempDir dir;
  test::RawDatabase(dir.path()).Query("CREATE TABLE theirs(x)");
  CHECK(OpenError(dir.path()).code == ErrorCode::kIo);
  CHECK(test::RawDatabase(dir.path()).Query("SELECT count(*) FROM theirs") == "0");
  CHECK(test::RawDatabase(dir.path()).Query("PRAGMA journal_mode") == "delete");
}

TEST_CASE("OpenSqliteStore: refuses a newer schema") {
  test::TempDir dir;
  test::FakeClock clock;
  test::OpenStore(dir.path(), clock).reset();
  test::RawDatabase(dir.path()).Query("PRAGMA user_version=99");
  const Error error = OpenError(dir.path());
  CHECK(error.code == ErrorCode::kBadConfiguration);
  CHECK(error.message.find("newer version") != std::string::npos);
}

TEST_CASE("OpenSqliteStore: a directory that cannot be is the configuration's fault") {
  test::TempDir dir;
  WriteFile(dir.path() / "file", "");
  for (const auto& path : {dir.path() / "file", dir.path() / "file" / "below"}) {
    const Error error = OpenError(path);
    CHECK(error.code == ErrorCode::kBadConfiguration);
    CHECK(error.message.find(path.string()) != std::string::npos);
  }
}

TEST_CASE("SqliteStore: a full disk ends the writing only, until there is room again") {
  test::TempDir dir;
  test::FakeClock clock;
  test::RecordingLogger logger;
  const auto store = test::OpenStore(dir.path(), clock, logger);
  REQUIRE(store->Put(MakePut(MakeKey(0), 1h), kNever));
  {
    const FileSizeLimit full(64 * 1024);
    for (unsigned i = 1; i < 200; ++i) {
      const auto kept = store->Put(MakePut(MakeKey(i), 1h), kNever);
      if (!kept) CHECK(kept.error().code == ErrorCode::kStoreUnavailable);
    }
    CHECK_FALSE(store->available());
    CHECK(store->Lookup(MakeKey(0), kNever).outcome == LookupOutcome::kHit);
    CHECK(store->Read(clock.WallNow(), kNever));
    CHECK(logger.Count(LogLevel::kWarn) == 1);
    CHECK(logger.lines().back().fields.find("verdictcache.db") != std::string::npos);
    // A service that starts now serves what was paid for before.
    const auto reopened = test::OpenStore(dir.path(), clock);
    CHECK(reopened->Lookup(MakeKey(0), kNever).outcome == LookupOutcome::kHit);
  }
  CHECK(store->Put(MakePut(MakeKey(1'000), 1h), kNever));
  CHECK(store->available());
  CHECK(store->Lookup(MakeKey(1'000), kNever).outcome == LookupOutcome::kHit);
  CHECK(logger.Count(LogLevel::kInfo) == 0);
  clock.Advance(1min);
  CHECK(store->Put(MakePut(MakeKey(1'001), 1h), kNever));
  CHECK(store->Put(MakePut(MakeKey(1'002), 1h), kNever));
  CHECK(logger.Count(LogLevel::kInfo) == 1);
}

TEST_CASE("SqliteStore: damage met while running turns it off, and is no miss") {
  test::TempDir dir;
  test::FakeClock clock;
  {
    const auto store = test::OpenStore(dir.path(), clock);
    for (unsigned i = 0; i < 300; ++i) {
      REQUIRE(store->Put(MakePut(MakeKey(i), 1h), kNever));
    }
  }
  test::RecordingLogger logger;
  const auto store = test::OpenStore(dir.path(), clock, logger);
  {
    const auto path = dir.path() / "verdictcache.db";
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(6 * 4096);
    file << std::string(std::filesystem::file_size(path) - 6 * 4096, '\xA5');
  }
  int misses = 0;
  for (unsigned i = 0; i < 300; ++i) {
    if (store->Lookup(MakeKey(i), kNever).outcome == LookupOutcome::kMiss) ++misses;
  }
  CHECK(misses == 0);
  CHECK_FALSE(store->available());
  CHECK(logger.Count(LogLevel::kWarn) == 1);
}

TEST_CASE("SqliteStore: gives up at the deadline when another process holds the lock") {
  test::TempDir dir;
  SystemClock clock;
  const auto store = test::OpenStore(dir.path(), clock);
  test::RawDatabase other(dir.path());
  other.Query("BEGIN IMMEDIATE");
  const auto kept = store->Put(MakePut(MakeKey(1), 1h), Deadline::After(clock, 30ms));
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == ErrorCode::kStoreUnavailable);
  CHECK(store->available());
  CHECK(store->Lookup(MakeKey(1), kNever).outcome == LookupOutcome::kMiss);  // WAL: reads go on
  other.Query("COMMIT");
  CHECK(store->Put(MakePut(MakeKey(1), 1h), Deadline::After(clock, 10s)));
}
