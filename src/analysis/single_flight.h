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

/// A content being looked up or paid for, and the callers of this process that wait for it. Settled
/// exactly once; immutable from then on. Thread-safe.
class Flight {
 public:
  explicit Flight(Clock& clock) : clock_(clock) {}

  /// The first call decides; later calls have no effect.
  void Settle(Result<Analysis> result);
  /// Waits for the leader's result or error. kDeadlineExceeded when `deadline` comes first,
  /// kShuttingDown when the cut-off does; the flight then goes on without this waiter.
  Result<Analysis> Await(Deadline deadline);
  /// No waiter waits longer than `deadline`. It can only move the cut-off earlier.
  void CutOff(Deadline deadline);

 private:
  Clock& clock_;
  Mutex mutex_;
  ConditionVariable settled_;
  std::optional<Result<Analysis>> result_ VCACHE_GUARDED_BY(mutex_);
  Deadline cut_off_ VCACHE_GUARDED_BY(mutex_) = Deadline::Never();
};

/// The flights of this process by key. Thread-safe. The lock covers the map only: no call, log line
/// or callback runs under it.
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

  /// Returns the flight in progress, or a new one, which the caller must lead and end with `Leave`.
  /// A caller can join a flight even when the table is closed or full.
  Ticket Join(const cache::CacheKey& key);
  /// Waits for another caller's flight. kOverloaded at `deadline` or when too many callers wait.
  Result<Analysis> Wait(Flight& flight, Deadline deadline);
  /// Takes the key off the map. Call it only after the verdict is stored: a later caller must find
  /// it in the store, or it would pay again.
  void Leave(const cache::CacheKey& key);

  /// From now on no flight begins and no caller waits for one longer than `deadline`.
  void Close(Deadline deadline);
  /// Waits until no flight is left. False when `deadline` comes first.
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
