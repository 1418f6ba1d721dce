#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "vcache/analysis/analysis_observer.h"
#include "vcache/cache/counters.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"

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
  /// Counts a paid call whose verdict is not stored, and flushes at once.
  void CountPaid(const cache::Counters& counters);

  /// Totals, with the counts that are not flushed yet.
  StatisticsSnapshot Snapshot();

  void OnHit(const cache::CacheKey& key, std::string_view file_name, cache::Tier tier,
             std::int64_t saved_micros) override;
  void OnMiss(const cache::CacheKey& key, std::string_view file_name,
              const cache::LookupResult& found) override;
  void OnJoined(const cache::CacheKey& key, std::string_view file_name,
                std::int64_t saved_micros) override;
  void OnLookup(const cache::CacheKey& key, const cache::LookupResult& found,
                std::int64_t spared_micros) override;
  void OnCorrupt(const cache::CacheKey& key, std::string_view reason) override;
  void OnPaid(const cache::CacheKey& key, const cache::Counters& counters, bool kept) override;
  void OnError(const cache::CacheKey& key, const Error& error) override;

 private:
  void Count(cache::ContentKind kind, cache::Counter counter, std::int64_t amount) noexcept;
  cache::Counters TakePending() noexcept;
  cache::Counters PeekPending() const noexcept;
  void AddPending(const cache::Counters& counters) noexcept;
  void FlushLocked();
  bool WriteLocked(const cache::CounterWrite& write);
  void AddWithoutStore(const cache::Counters& delta);

  cache::CounterStore* const store_;
  Clock& clock_;
  Logger& logger_;
  const StatisticsOptions options_;

  std::array<std::array<std::atomic<std::int64_t>, cache::kCounterCount>, 2> pending_{};
  std::atomic<std::uint64_t> memory_hits_{0};

  /// Held while counts move: a snapshot then sees each count exactly once.
  std::mutex flush_mutex_;
  cache::CounterWrite unanswered_;      // guarded by flush_mutex_: to be written before all others
  bool refused_ = false;                // guarded by flush_mutex_: one warning per change of state
  cache::CounterTotals without_store_;  // guarded by flush_mutex_: totals when there is no store
  std::chrono::sys_days day_;           // guarded by flush_mutex_: what its `today` is about

  std::mutex thread_mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by thread_mutex_
  std::thread thread_;     // guarded by thread_mutex_
};

}  // namespace vcache::metrics
