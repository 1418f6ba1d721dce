#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::analysis {

/// Allows at most `per_minute` calls in any sixty seconds: limits the cost of an outage of the
/// shared store. Thread-safe; the clock must outlive it.
class RateLimiter {
 public:
  /// 0: no limit.
  RateLimiter(std::size_t per_minute, Clock& clock) : per_minute_(per_minute), clock_(clock) {}

  /// Empty when one more call may be made, which then counts; else the time until one may.
  std::optional<std::chrono::seconds> Take();

 private:
  const std::size_t per_minute_;
  Clock& clock_;
  Mutex mutex_;
  std::deque<SteadyTime> taken_ VCACHE_GUARDED_BY(mutex_);  // the calls of the last minute
};

}  // namespace vcache::analysis
