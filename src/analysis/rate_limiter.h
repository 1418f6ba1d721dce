#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::analysis {

/// At most so many calls in any sixty seconds: what an outage of the shared store may cost, since
/// nobody knows meanwhile what other replicas have paid for. Thread-safe; the clock must outlive
/// it.
class RateLimiter {
 public:
  /// 0: no limit.
  RateLimiter(std::size_t per_minute, Clock& clock) : per_minute_(per_minute), clock_(clock) {}

  /// Empty when one more call may be made, which then counts; else how long until one may.
  std::optional<std::chrono::seconds> Take();

 private:
  const std::size_t per_minute_;
  Clock& clock_;
  Mutex mutex_;
  std::deque<SteadyTime> taken_ VCACHE_GUARDED_BY(mutex_);  // the calls of the last minute
};

}  // namespace vcache::analysis
