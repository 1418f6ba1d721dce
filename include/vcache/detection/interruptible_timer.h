#pragma once

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/mutex.h"

namespace vcache::detection {

/// Waits between two polls of a vendor's result. The service has one, so that its stop ends all
/// these waits. Thread-safe; the clock must outlive it.
class InterruptibleTimer {
 public:
  explicit InterruptibleTimer(Clock& clock) : clock_(clock) {}

  Clock& clock() const noexcept { return clock_; }

  /// Blocks until `time` (true) or the end set by `EndBy` (false): then only one last poll is
  /// possible.
  bool WaitUntil(SteadyTime time);

  /// Ends all present and future waits at `deadline` at the latest. Called when the service stops.
  void EndBy(Deadline deadline);
  /// Whether `EndBy` was called: a new call may be cut off.
  bool ending() const;

 private:
  Clock& clock_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  SteadyTime end_ VCACHE_GUARDED_BY(mutex_) = SteadyTime::max();
};

}  // namespace vcache::detection
