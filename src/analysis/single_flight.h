#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>

#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"

namespace vcache::analysis {

/// One content being looked up or paid for, and everybody of this process who waits for it.
/// Settled exactly once; from then on immutable.
class Flight {
 public:
  explicit Flight(Clock& clock) : clock_(clock) {}

  /// The first call decides; later ones change nothing.
  void Settle(Result<Analysis> result);
  /// The leader's result, its error included, or kDeadlineExceeded when `deadline` comes first
  /// (kShuttingDown when the cut-off does): then the flight goes on without this waiter.
  Result<Analysis> Await(Deadline deadline);
  /// From now on nobody waits longer than this. Only ever earlier.
  void CutOff(Deadline deadline);

 private:
  Clock& clock_;
  Mutex mutex_;
  ConditionVariable settled_;
  std::optional<Result<Analysis>> result_ VCACHE_GUARDED_BY(mutex_);
  Deadline cut_off_ VCACHE_GUARDED_BY(mutex_) = Deadline::Never();
};

/// The flights of this process by key. The lock covers the map only: no call, no log line, no
/// callback happens under it.
class SingleFlight {
 public:
  struct Ticket {
    std::shared_ptr<Flight> flight;  ///< Null: the table is full or closed.
    bool leader = false;
    bool closed = false;
  };

  struct Limits {
    std::size_t flights;
    std::size_t waiters;  ///< Of all flights together, leaders not counted.
  };

  SingleFlight(Limits limits, Clock& clock) : limits_(limits), clock_(clock) {}

  /// The flight of that key: a new one, which the caller must lead and end with `Leave`, or the one
  /// under way. Joining works when the table is closed or full: it costs nothing.
  Ticket Join(const cache::CacheKey& key);
  /// Waits for a flight that somebody else leads, and counts among those who wait: kOverloaded when
  /// they are too many already, or when `deadline` comes first.
  Result<Analysis> Wait(Flight& flight, Deadline deadline);
  /// Takes the key off the map. Only after what the flight found is kept: a caller who comes later
  /// must find it in the store, or would pay again.
  void Leave(const cache::CacheKey& key);

  /// No new flights from now on, and nobody waits for one longer than `deadline`.
  void Close(Deadline deadline);
  /// Waits until none is left. False when `deadline` came first.
  bool AwaitEmpty(Deadline deadline);

 private:
  const Limits limits_;
  Clock& clock_;
  Mutex mutex_;
  ConditionVariable emptied_;
  std::unordered_map<cache::CacheKey, std::shared_ptr<Flight>> flights_ VCACHE_GUARDED_BY(mutex_);
  bool closed_ VCACHE_GUARDED_BY(mutex_) = false;
  std::atomic<std::size_t> waiters_{0};
};

}  // namespace vcache::analysis
