#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vcache/analysis/analysis_observer.h"
#include "vcache/analysis/budget.h"
#include "vcache/cache/trusted_time.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"
#include "vcache/metrics/alert.h"
#include "vcache/metrics/health.h"

namespace vcache::metrics {

struct DiskSpace {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

/// What the alerts follow from. Making it must cost no command of a store.
struct WatchReadings {
  StoreReadings store;
  /// Of the local store: empty when none is configured, else whether it serves.
  std::optional<bool> local_store_serves{};
  std::optional<DiskSpace> disk{};          ///< Where the local store is.
  std::vector<std::string> vendors_away{};  ///< Their circuit breakers are not closed.
  analysis::BudgetKnowledge budget{};
};

/// Watches what the process knows, raises alerts and ends them. Each is raised and ended at
/// different levels, or after it has lasted for a while, so that a value at the edge does not
/// flap. Logs one line for each change. Thread-safe; a hook only counts.
class AlertWatch final : public analysis::AnalysisObserver {
 public:
  /// `read` is called once in a round, by its thread. `listener` is null, or told of each change.
  /// All must outlive it.
  AlertWatch(std::function<WatchReadings()> read, Clock& clock, Logger& logger,
             AlertListener* listener = nullptr);
  ~AlertWatch() override;

  /// Starts the thread, which evaluates every few seconds.
  void Start();
  void Stop();
  /// One round, for the thread and for tests; not for two threads at once.
  void Evaluate() VCACHE_EXCLUDES(mutex_);

  /// What is raised now, the oldest first.
  std::vector<Alert> Active() const VCACHE_EXCLUDES(mutex_);

  /// A vendor refused its credentials. Holds until the process ends, as it reads them once.
  void NoteRefusedCredentials(std::string vendor, std::string reason) VCACHE_EXCLUDES(mutex_);

  void OnHit(const cache::CacheKey& key, std::string_view file_name, cache::Tier tier,
             Usd saved) override;
  void OnMiss(const cache::CacheKey& key, std::string_view file_name,
              const cache::LookupResult& found) override;
  void OnCorrupt(const cache::CacheKey& key, std::string_view reason) override;
  void OnPaid(const cache::CacheKey& key, const cache::Counters& counters, bool kept) override;
  void OnNotStored(const cache::CacheKey& key, const Error& error) override;

 private:
  enum Count : std::size_t { kHits, kMisses, kUnanswered, kCacheErrors, kUnknown, kCountsInAll };
  class Tally;
  struct Watched;
  using Name = std::pair<AlertCode, std::string>;

  void Add(Count count, std::int64_t amount = 1) noexcept;
  std::int64_t Within(Count count, std::chrono::minutes window);
  bool StopsFalling(std::uint64_t pending_writes);
  void CountUnanswered(bool is_available);
  std::vector<AlertChange> Step() VCACHE_EXCLUDES(mutex_);
  void Tell(const AlertChange& change);

  const std::function<WatchReadings()> read_;
  Clock& clock_;
  Logger& logger_;
  AlertListener* const listener_;
  std::array<std::atomic<std::int64_t>, kCountsInAll> counts_{};

  // Of the round's thread alone.
  std::array<std::unique_ptr<Tally>, kCountsInAll> tallies_;
  cache::TrustedTime time_;
  std::uint64_t last_pending_ = 0;
  std::int64_t last_unanswered_ = 0;
  bool was_available_ = true;
  SteadyTime pending_fell_;

  mutable Mutex mutex_;
  std::map<Name, Watched> watched_ VCACHE_GUARDED_BY(mutex_);
  std::map<std::string, std::string> refused_ VCACHE_GUARDED_BY(mutex_);  // reasons by vendor

  PeriodicTask task_;  // the last member: its thread uses the others
};

}  // namespace vcache::metrics
