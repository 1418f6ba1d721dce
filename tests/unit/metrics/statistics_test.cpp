#include "vcache/metrics/statistics.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_clock.h"
#include "support/recording_logger.h"

using namespace vcache;
using namespace std::chrono_literals;
using cache::ContentKind;
using cache::Counter;

namespace {

class FakeCounterStore final : public cache::CounterStore {
 public:
  std::atomic<bool> refuse{false};
  /// Writes are carried out, and who wrote is told that they are not.
  std::atomic<bool> lose_answers{false};
  std::atomic<int> adds{0};

  Result<void> Add(const cache::CounterWrite& write, Deadline) override {
    if (refuse) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const std::lock_guard lock(mutex_);
    ++adds;
    if (known_.insert(write.id).second) {
      totals_ += write.delta;
      history_.Add(write.delta, write.when);
    }
    if (lose_answers) return Error{ErrorCode::kStoreUnavailable, "the answer was lost"};
    return {};
  }
  Result<cache::CounterTotals> Read(WallTime, Deadline) override {
    if (refuse) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const std::lock_guard lock(mutex_);
    return cache::CounterTotals{totals_, totals_, WallTime{}};
  }
  Result<cache::CounterSeries> ReadRange(const cache::CounterRange& range, Deadline) override {
    if (refuse) return Error{ErrorCode::kStoreUnavailable, "switched off"};
    const std::lock_guard lock(mutex_);
    return history_.Read(range);
  }

 private:
  std::mutex mutex_;
  cache::Counters totals_;           // guarded by mutex_
  metrics::CounterHistory history_;  // guarded by mutex_
  std::set<std::string> known_;      // guarded by mutex_
};

const cache::CacheKey kText{ContentKind::kText, {}};

/// The hits of each of the last hours.
std::vector<std::int64_t> HitsByHour(metrics::Statistics& statistics, const Clock& clock,
                                     std::size_t count) {
  const WallTime hour = std::chrono::floor<std::chrono::hours>(clock.WallNow());
  cache::CounterRange range{cache::CounterRange::Period::kHour, hour, count};
  range.first -= (count - 1) * 1h;
  const auto series = statistics.Series(range);
  REQUIRE(series);
  std::vector<std::int64_t> hits;
  for (const auto& each : *series) hits.push_back(each.total(Counter::kHits));
  return hits;
}

}  // namespace

TEST_CASE("Statistics: a write whose answer was lost counts once") {
  test::FakeClock clock;
  test::RecordingLogger logger;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, logger);
  store.lose_answers = true;
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd::FromMicros(5'000));
  statistics.Flush();
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd::FromMicros(5'000));
  statistics.Flush();
  store.lose_answers = false;
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd::FromMicros(5'000));
  statistics.Flush();
  const auto snapshot = statistics.Snapshot();
  CHECK(snapshot.totals.all.total(Counter::kHits) == 3);
  CHECK(snapshot.totals.all.total(Counter::kSavedMicros) == 15'000);
  CHECK(store.adds == 4);  // the first one three times, the two others together
}

TEST_CASE("Statistics: look-ups are neither hits nor savings") {
  test::FakeClock clock;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger());
  cache::LookupResult found;
  found.outcome = cache::LookupOutcome::kHit;
  for (int i = 0; i < 50; ++i) statistics.OnLookup(kText, found, Usd::FromMicros(2'000));
  statistics.OnLookup(kText, {}, Usd());
  statistics.Flush();
  const auto snapshot = statistics.Snapshot();
  const cache::Counters& all = snapshot.totals.all;
  CHECK(all.total(Counter::kHits) == 0);
  CHECK(all.total(Counter::kSavedMicros) == 0);
  CHECK(all.total(Counter::kLookups) == 51);
  CHECK(all.total(Counter::kLookupHits) == 50);
  CHECK(all.total(Counter::kSparedMicros) == 100'000);
  CHECK(snapshot.memory_hits == 0);
}

TEST_CASE("Statistics: a snapshot counts what is not flushed yet, and nothing twice") {
  test::FakeClock clock;
  test::RecordingLogger logger;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, logger);
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd::FromMicros(5'000));
  CHECK(statistics.Snapshot().totals.all.total(Counter::kHits) == 1);
  statistics.Flush();
  CHECK(store.adds == 1);
  statistics.Flush();
  CHECK(store.adds == 1);  // nothing changed, nothing written
  const auto snapshot = statistics.Snapshot();
  CHECK(snapshot.totals.all.total(Counter::kHits) == 1);
  CHECK(snapshot.totals.all.at(ContentKind::kText, Counter::kSavedMicros) == 5'000);
  CHECK(snapshot.memory_hits == 1);
  CHECK(snapshot.durable);
}

TEST_CASE("Statistics: what the store refuses waits, with one warning, and is added later") {
  test::FakeClock clock;
  test::RecordingLogger logger;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, logger);
  store.refuse = true;
  statistics.OnMiss(kText, "", {});
  statistics.Flush();
  statistics.Flush();
  CHECK(logger.Count(LogLevel::kWarn) == 1);
  CHECK(statistics.Snapshot().totals.all.total(Counter::kMisses) == 1);
  store.refuse = false;
  statistics.Flush();
  CHECK(logger.Count(LogLevel::kInfo) == 1);
  CHECK(statistics.Snapshot().totals.all.total(Counter::kMisses) == 1);
}

TEST_CASE("Statistics: a cost that was not kept with a verdict is stored at once") {
  test::FakeClock clock;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger());
  cache::Counters paid;
  paid.at(ContentKind::kText, Counter::kSpentMicros) = 10'000;
  statistics.OnPaid(kText, paid, /*kept=*/true);
  CHECK(store.adds == 0);
  statistics.OnPaid(kText, paid, /*kept=*/false);
  CHECK(store.adds == 1);
  cache::Counters failed;  // for nothing: it may wait
  failed.at(ContentKind::kText, VendorId::kSapling, cache::VendorCounter::kFailures) = 1;
  statistics.OnPaid(kText, failed, /*kept=*/false);
  CHECK(store.adds == 1);
  statistics.Flush();
  CHECK(store.adds == 2);
}

TEST_CASE("Statistics: without a store totals are those of the process, and today's of the day") {
  test::FakeClock clock;
  metrics::Statistics statistics(nullptr, clock, NullLogger());
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd::FromMicros(10'000));
  statistics.Flush();
  clock.Advance(24h);
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd::FromMicros(10'000));
  const auto snapshot = statistics.Snapshot();
  CHECK_FALSE(snapshot.durable);
  CHECK(snapshot.totals.all.total(Counter::kHits) == 2);
  CHECK(snapshot.totals.today.total(Counter::kHits) == 1);
  CHECK(snapshot.totals.since == test::FakeClock::kStart);
}

TEST_CASE("Statistics: its thread flushes by the interval and once more at the end") {
  test::FakeClock clock;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger(), {.flush_interval = 10s});
  statistics.Start();
  clock.AwaitWaiters(1);
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  clock.Advance(10s);
  while (store.adds == 0) std::this_thread::yield();
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  statistics.Stop();
  CHECK(store.adds == 2);
}

TEST_CASE("Statistics: counts of many threads add up") {
  test::FakeClock clock;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1'000; ++n) {
        statistics.OnHit(kText, "", cache::Tier::kMemory, Usd::FromMicros(1));
        if (n % 100 == 0) statistics.Flush();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(statistics.Snapshot().totals.all.total(Counter::kHits) == 4'000);
}

TEST_CASE("Statistics: a series has what is not flushed yet, and nothing twice") {
  test::FakeClock clock;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger());
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  statistics.Flush();
  clock.Advance(1h);
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  CHECK(HitsByHour(statistics, clock, 3) == std::vector<std::int64_t>{0, 1, 2});
  store.lose_answers = true;
  statistics.Flush();
  store.lose_answers = false;
  store.refuse = true;
  CHECK_FALSE(statistics.Series({.first = clock.WallNow(), .count = 1}));
  store.refuse = false;
  statistics.Flush();
  CHECK(HitsByHour(statistics, clock, 3) == std::vector<std::int64_t>{0, 1, 2});
}

TEST_CASE("Statistics: without a store a series is that of the process, and bounded") {
  test::FakeClock clock;
  metrics::Statistics statistics(nullptr, clock, NullLogger());
  for (int hour = 0; hour < 200; ++hour) {
    statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
    statistics.Flush();
    if (hour < 199) clock.Advance(1h);
  }
  const std::vector<std::int64_t> kept = HitsByHour(statistics, clock, 193);
  CHECK(kept.front() == 0);
  CHECK(std::vector(kept.begin() + 1, kept.end()) == std::vector<std::int64_t>(192, 1));
  const auto days = statistics.Series({.first = test::FakeClock::kStart, .count = 9});
  CHECK(days->front().total(Counter::kHits) == 24);  // days are kept for longer
}

TEST_CASE("Statistics: what is flushed after an hour's end counts in the hour of its counting") {
  test::FakeClock clock;  // begins with an hour
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger());
  clock.Advance(59min + 55s);
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  clock.Advance(10s);
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  CHECK(HitsByHour(statistics, clock, 2) == std::vector<std::int64_t>{1, 2});
  statistics.Flush();
  CHECK(HitsByHour(statistics, clock, 2) == std::vector<std::int64_t>{1, 2});
  CHECK(store.adds == 2);
}

TEST_CASE("Statistics: what a store refuses for hours is written to each of them later") {
  test::FakeClock clock;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger());
  store.refuse = true;
  for (int hour = 0; hour < 30; ++hour) {
    statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
    statistics.Flush();
    clock.Advance(1h);
  }
  CHECK(statistics.Snapshot().totals.all.total(Counter::kHits) == 30);
  CHECK(statistics.Snapshot().totals.today.total(Counter::kHits) == 6);  // of the second day
  store.refuse = false;
  statistics.Flush();
  std::vector<std::int64_t> expected(31, 1);
  expected.back() = 0;
  CHECK(HitsByHour(statistics, clock, 31) == expected);
}

TEST_CASE(
    "Statistics: hits count for the tier that answered, misses also for a store that was away") {
  test::FakeClock clock;
  FakeCounterStore store;
  metrics::Statistics statistics(&store, clock, NullLogger());
  statistics.OnHit(kText, "", cache::Tier::kMemory, Usd());
  for (int i = 0; i < 2; ++i) statistics.OnHit(kText, "", cache::Tier::kRedis, Usd());
  for (int i = 0; i < 4; ++i) statistics.OnHit(kText, "", cache::Tier::kSqlite, Usd());
  statistics.OnMiss(kText, "", {});
  statistics.OnMiss(kText, "", {.outcome = cache::LookupOutcome::kUnavailable});
  statistics.Flush();
  const cache::Counters all = statistics.Snapshot().totals.all;
  CHECK(all.at(ContentKind::kText, Counter::kMemoryHits) == 1);
  CHECK(all.at(ContentKind::kText, Counter::kRedisHits) == 2);
  CHECK(all.at(ContentKind::kText, Counter::kSqliteHits) == 4);
  CHECK(all.total(Counter::kHits) == 7);
  CHECK(all.total(Counter::kMisses) == 2);
  CHECK(all.total(Counter::kUnavailable) == 1);
}
