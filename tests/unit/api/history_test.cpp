#include "vcache/api/history.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_clock.h"
#include "support/recording_logger.h"

using namespace vcache;
using namespace vcache::api;
using cache::HistoryRecord;
using namespace std::chrono_literals;

namespace {

/// Keeps records in memory, and can be away.
class FakeHistoryStore final : public cache::HistoryStore {
 public:
  Result<void> Append(std::span<const cache::HistoryWrite> writes, Deadline) override {
    const std::lock_guard lock(mutex_);
    if (away) return Away();
    for (const cache::HistoryWrite& write : writes) {
      ++appends;
      std::vector<HistoryRecord>& kept = kept_[write.owner];
      kept.insert(kept.end(), write.records.begin(), write.records.end());
    }
    return {};
  }
  Result<std::vector<HistoryRecord>> Read(const std::string& owner, Deadline) override {
    const std::lock_guard lock(mutex_);
    if (away) return Away();
    return kept_[owner];
  }
  Result<bool> Remove(const std::string& owner, const std::string& id, Deadline) override {
    const std::lock_guard lock(mutex_);
    if (away) return Away();
    return std::erase_if(kept_[owner], [&](const auto& record) { return record.id == id; }) > 0;
  }
  Result<std::size_t> Erase(const std::string& owner, Deadline) override {
    const std::lock_guard lock(mutex_);
    if (away) return Away();
    const std::size_t count = kept_[owner].size();
    kept_.erase(owner);
    return count;
  }

  bool away = false;
  int appends = 0;

 private:
  static Error Away() { return {ErrorCode::kStoreUnavailable, "It is away."}; }
  std::mutex mutex_;
  std::map<std::string, std::vector<HistoryRecord>> kept_;
};

struct HistoryFixture {
  explicit HistoryFixture(HistoryOptions the_options = {.entries = 3, .max_waiting = 6})
      : options(the_options) {}

  void Note(const std::string& owner, const std::string& id) {
    clock.Advance(1s);
    history.Note(owner, {id, clock.WallNow(), "{}"});
  }
  std::string Ids(const std::string& owner) {
    const auto records = history.Read(owner);
    if (!records) return CodeName(records.error().code).data();
    std::string ids;
    for (const HistoryRecord& record : *records) ids += record.id;
    return ids;
  }

  HistoryOptions options;
  FakeHistoryStore store;
  test::FakeClock clock;
  test::RecordingLogger logger;
  History history{options, store, clock, logger};
};

}  // namespace

TEST_CASE("History: what is noted can be read at once, and moves to the store together") {
  HistoryFixture fixture;
  fixture.Note("user:1", "a");
  fixture.Note("user:1", "b");
  fixture.Note("user:2", "c");
  CHECK(fixture.Ids("user:1") == "ba");
  CHECK(fixture.store.appends == 0);
  fixture.history.Flush();
  CHECK(fixture.store.appends == 2);  // one for each owner
  fixture.Note("user:1", "d");
  CHECK(fixture.Ids("user:1") == "dba");
  CHECK(fixture.Ids("user:2") == "c");
  fixture.Note("user:1", "e");
  CHECK(fixture.Ids("user:1") == "edb");
  fixture.history.Stop();
  CHECK(fixture.store.appends == 3);
}

TEST_CASE("History: waits while the store is away, and says so once") {
  HistoryFixture fixture;
  fixture.store.away = true;
  fixture.Note("user:1", "a");
  fixture.history.Flush();
  fixture.history.Flush();
  CHECK(fixture.logger.Count(LogLevel::kWarn) == 1);
  CHECK(fixture.Ids("user:1") == "store_unavailable");
  fixture.store.away = false;
  CHECK(fixture.Ids("user:1") == "a");
  fixture.history.Flush();
  CHECK(fixture.logger.Count(LogLevel::kInfo) == 1);
  CHECK(fixture.store.appends == 1);
}

TEST_CASE("History: of those who have most waiting, the oldest records make room") {
  HistoryFixture fixture;
  fixture.Note("user:2", "z");
  for (const char* id : {"a", "b", "c", "d", "e", "f"}) fixture.Note("user:1", id);
  CHECK(fixture.Ids("user:2") == "z");
  CHECK(fixture.Ids("user:1") == "fed");
  fixture.history.Flush();
  CHECK(fixture.Ids("user:1") == "fed");
}

TEST_CASE("History: removes and erases what waits as well as what is kept") {
  HistoryFixture fixture;
  fixture.Note("user:1", "a");
  fixture.history.Flush();
  fixture.Note("user:1", "b");
  CHECK(*fixture.history.Remove("user:1", "b"));
  CHECK(*fixture.history.Remove("user:1", "a"));
  CHECK_FALSE(*fixture.history.Remove("user:1", "a"));
  fixture.Note("user:1", "c");
  fixture.history.Flush();
  fixture.Note("user:1", "d");
  CHECK(*fixture.history.Erase("user:1") == 2);
  CHECK(fixture.Ids("user:1").empty());
  fixture.history.Flush();
  CHECK(fixture.Ids("user:1").empty());
}

TEST_CASE("History: a reader sees each record at every moment of a flush") {
  HistoryFixture fixture({.entries = 1'000, .max_waiting = 1'000});
  for (int i = 0; i < 200; ++i) fixture.Note("user:1", std::to_string(i));
  std::thread flushing([&] {
    for (int i = 0; i < 50; ++i) fixture.history.Flush();
  });
  for (int i = 0; i < 50; ++i) CHECK(fixture.history.Read("user:1")->size() == 200);
  flushing.join();
}
