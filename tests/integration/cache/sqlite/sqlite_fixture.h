#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "support/fake_clock.h"
#include "support/recording_logger.h"
#include "support/temp_dir.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/sqlite/sqlite_store.h"

namespace vcache::test {

inline std::unique_ptr<cache::LocalStore> OpenStore(const std::filesystem::path& directory,
                                                    Clock& clock, Logger& logger = NullLogger(),
                                                    cache::KeySpace keys = cache::KeySpace()) {
  cache::SqliteStoreOptions options;
  options.directory = directory;
  auto store = cache::OpenSqliteStore(std::move(options), std::move(keys), clock, logger);
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

/// The test's own hand on the database, beside the store's.
class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& directory) {
    const std::string path = (directory / "verdictcache.db").string();
    REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK);
    sqlite3_busy_timeout(handle_, 5'000);
  }
  ~RawDatabase() { sqlite3_close(handle_); }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  /// The first column of the first row, or nothing.
  std::optional<std::string> Query(const std::string& sql,
                                   const std::vector<std::string>& texts = {}) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      sqlite3_bind_text(statement, static_cast<int>(i) + 1, texts[i].data(),
                        static_cast<int>(texts[i].size()), SQLITE_STATIC);
    }
    std::optional<std::string> answer;
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
      const void* data = sqlite3_column_blob(statement, 0);
      const int size = sqlite3_column_bytes(statement, 0);
      answer = data == nullptr
                   ? std::string()
                   : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    sqlite3_finalize(statement);
    REQUIRE((code == SQLITE_ROW || code == SQLITE_DONE));
    return answer;
  }

 private:
  sqlite3* handle_ = nullptr;
};

/// What undoes each step of the schema after the first, in the order of the steps
/// (src/cache/sqlite/sqlite_schema.cpp). The newest version is one more than their number.
inline constexpr std::array<std::string_view, 6> kUndoSchemaSteps = {
    "DROP TABLE outbox",          "DROP TABLE budget;DROP TABLE budget_outbox",
    "DROP TABLE calls_in_flight", "ALTER TABLE calls_in_flight DROP COLUMN lease_token",
    "DROP TABLE leases",          "DROP TABLE history",
};
inline const std::string kNewestSchema = std::to_string(kUndoSchemaSteps.size() + 1);

/// Makes the file in `directory` one of schema `version`, as an older release left it.
inline void MakeSchemaOlder(const std::filesystem::path& directory, std::size_t version) {
  RawDatabase raw(directory);
  for (std::size_t step = kUndoSchemaSteps.size(); step >= version; --step) {
    std::istringstream statements{std::string(kUndoSchemaSteps.at(step - 1))};
    for (std::string sql; std::getline(statements, sql, ';');) raw.Query(sql);
  }
  raw.Query("PRAGMA user_version=" + std::to_string(version));
}

/// A store in a directory of its own, with a clock that the test moves.
class SqliteUnderTest : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(cache::KeySpace keys = cache::KeySpace()) : keys_(std::move(keys)) {
    store_ = OpenStore(dir_.path(), clock_, NullLogger(), keys_);
  }

  cache::VerdictStore& store() override { return *store_; }
  cache::CounterStore* counters() override { return store_.get(); }
  cache::EntryStore& entries() { return *store_; }
  const Clock& clock() const override { return clock_; }
  void PassTime(std::chrono::seconds time) override { clock_.Advance(time); }
  const cache::KeySpace& keys() const override { return keys_; }
  bool SeedRaw(const std::string& store_key, const std::string& value,
               std::chrono::seconds ttl) override {
    const auto expires = std::chrono::duration_cast<std::chrono::milliseconds>(
        (clock_.WallNow() + ttl).time_since_epoch());
    RawDatabase(dir_.path())
        .Query("REPLACE INTO entries(key, value, expires_ms) VALUES(?1, CAST(?2 AS BLOB), " +
                   std::to_string(expires.count()) + ")",
               {store_key, value});
    return true;
  }
  std::optional<std::string> ReadRaw(const std::string& store_key) override {
    return RawDatabase(dir_.path()).Query("SELECT value FROM entries WHERE key = ?1", {store_key});
  }
  bool MakeUnavailable() override {
    // As if somebody damaged the schema under the running store.
    RawDatabase(dir_.path()).Query("DROP TABLE entries");
    RawDatabase(dir_.path()).Query("DROP TABLE counters");
    return true;
  }

  const std::filesystem::path& directory() const { return dir_.path(); }
  FakeClock& fake_clock() { return clock_; }

 private:
  TempDir dir_;
  cache::KeySpace keys_;
  FakeClock clock_;
  std::unique_ptr<cache::LocalStore> store_;
};

}  // namespace vcache::test
