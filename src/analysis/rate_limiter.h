#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::analysis {

/// Allows so many calls in any sixty seconds, and so many altogether: limits the cost of an outage
/// of the shared store. Thread-safe; the clock must outlive it.
class RateLimiter {
 public:
  /// 0: no limit.
  struct Limits {
    std::size_t per_minute = 0;
    std::size_t total = 0;
  };
  RateLimiter(Limits limits, Clock& clock) : limits_(limits), clock_(clock) {}

  /// Empty when one more call may be made, which then counts; else the time until one may.
  std::optional<std::chrono::seconds> Take();
  /// The outage is over: the total begins again.
  void EndOutage();

 private:
  const Limits limits_;
  Clock& clock_;
  Mutex mutex_;
  std::deque<SteadyTime> taken_ VCACHE_GUARDED_BY(mutex_);  // the calls of the last minute
  std::size_t total_ VCACHE_GUARDED_BY(mutex_) = 0;         // of this outage
};

}  // namespace vcache::analysis
