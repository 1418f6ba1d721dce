#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>

#include "vcache/analysis/analysis_observer.h"
#include "vcache/cache/counters.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"
#include "vcache/core/result.h"
#include "vcache/metrics/counter_history.h"

namespace vcache::metrics {

struct StatisticsOptions {
  /// How often counts move to the store. A killed process loses at most one interval's hits.
  std::chrono::milliseconds flush_interval{10'000};
  /// How long the store may take.
  std::chrono::milliseconds store_timeout{2'000};
};

/// The totals for administrators.
struct StatisticsSnapshot {
  cache::CounterTotals totals;
  std::uint64_t memory_hits = 0;  ///< Analyses; of this process, since its start.
  bool durable = false;  ///< True: totals come from a store. False: this process since its start.
};

/// Counts what the analysis does. Hits are counted in memory and flushed together. The cost of a
/// paid call is in the store with its verdict, or written at once, so that no cost is lost.
/// Thread-safe; a hook blocks on the store only for a paid call that was not stored.
class Statistics final : public analysis::AnalysisObserver {
 public:
  /// `store` may be null: then totals live in memory. All must outlive it.
  Statistics(cache::CounterStore* store, Clock& clock, Logger& logger,
             StatisticsOptions options = {});
  ~Statistics() override;

  /// Starts the flushing thread.
  void Start();
  /// Ends the thread and flushes once more. Idempotent.
  void Stop();
  /// Moves the counts to the store; a later flush retries what the store refuses.
  void Flush();

  /// Totals, with the counts that are not flushed yet.
  StatisticsSnapshot Snapshot();
  /// The counts of each hour or day, with those that are not flushed yet. Without a store, those of
  /// this process. kStoreUnavailable while the store is: the parts that are known would mislead.
  Result<cache::CounterSeries> Series(const cache::CounterRange& range);
  /// Begins the totals anew and returns what they were; hours and days stay. Other replicas' counts
  /// of the last seconds come after it. kStoreUnavailable, and then nothing is reset.
  Result<cache::CounterTotals> ResetTotals();

  void OnHit(const cache::CacheKey& key, std::string_view file_name, cache::Tier tier,
             Usd saved) override;
  void OnMiss(const cache::CacheKey& key, std::string_view file_name,
              const cache::LookupResult& found) override;
  void OnJoined(const cache::CacheKey& key, std::string_view file_name, Usd saved) override;
  void OnShadow(const cache::CacheKey& key, std::string_view file_name, bool is_hit,
                Usd saved) override;
  void OnLookup(const cache::CacheKey& key, const cache::LookupResult& found, Usd spared) override;
  void OnCorrupt(const cache::CacheKey& key, std::string_view reason) override;
  void OnPaid(const cache::CacheKey& key, const cache::Counters& counters, bool kept) override;
  void OnHeldBack(const cache::CacheKey& key) override;
  void OnError(const cache::CacheKey& key, const Error& error) override;

 private:
  void Count(cache::ContentKind kind, cache::Counter counter, std::int64_t amount) noexcept;
  void AddPending(const cache::Counters& counters) noexcept;
  void CollectLocked() VCACHE_REQUIRES(flush_mutex_);
  void FlushLocked() VCACHE_REQUIRES(flush_mutex_);
  bool WriteLocked(const cache::CounterWrite& write) VCACHE_REQUIRES(flush_mutex_);
  void AddWithoutStore(const cache::Counters& delta, WallTime when) VCACHE_REQUIRES(flush_mutex_);

  cache::CounterStore* const store_;
  Clock& clock_;
  Logger& logger_;
  const StatisticsOptions options_;

  /// Counts that nobody has collected yet, by slot.
  using Uncollected = std::array<std::atomic<std::int64_t>, cache::Counters::kSlots>;
  Uncollected& UncollectedOf(std::int64_t hour) noexcept {
    return uncollected_[static_cast<std::size_t>(hour & 1)];
  }

  /// One for even hours and one for odd ones: what was counted before an hour's end and is flushed
  /// after it stays in its hour.
  std::array<Uncollected, 2> uncollected_{};
  std::atomic<std::uint64_t> memory_hits_{0};

  /// Held while counts move, so that a snapshot never sees them in neither place or in both.
  Mutex flush_mutex_;
  /// Collected, by the number of the hour since 1970; to be written.
  std::map<std::int64_t, cache::Counters> waiting_ VCACHE_GUARDED_BY(flush_mutex_);
  /// To be written before all others.
  cache::CounterWrite unanswered_ VCACHE_GUARDED_BY(flush_mutex_);
  /// One warning per change of state.
  bool refused_ VCACHE_GUARDED_BY(flush_mutex_) = false;
  /// Totals when there is no store, and what day their `today` is about.
  cache::CounterTotals without_store_ VCACHE_GUARDED_BY(flush_mutex_);
  CounterHistory history_ VCACHE_GUARDED_BY(flush_mutex_);  ///< The same by hour and day.
  std::chrono::sys_days day_ VCACHE_GUARDED_BY(flush_mutex_);

  PeriodicTask flushing_;  // the last member: its thread uses the others
};

}  // namespace vcache::metrics
