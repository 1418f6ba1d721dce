#pragma once

#include "vcache/api/rate_limits.h"
#include "vcache/cache/rate_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/periodic_task.h"

namespace vcache::api {

/// Adds what this replica counts to what the others do, with one command each ten seconds at most,
/// and none when nothing was counted. While the store is away each replica counts for itself; what
/// it counted is told afterwards, as far as its window is not over.
class RateSharing {
 public:
  /// All must outlive it.
  RateSharing(RateLimits& limits, cache::RateStore& store, Clock& clock)
      : limits_(limits), store_(store), clock_(clock), task_(clock) {}

  void Start();
  void Stop() { task_.Stop(); }

  /// One round; returns the pause before the next.
  std::chrono::milliseconds Exchange();

 private:
  RateLimits& limits_;
  cache::RateStore& store_;
  Clock& clock_;
  PeriodicTask task_;
};

}  // namespace vcache::api
