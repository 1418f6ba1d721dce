#pragma once

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/mutex.h"

namespace vcache::detection {

/// Where detectors wait between two looks at a result that a vendor is still working on. One for
/// the whole service, so that its stop ends all of these waits. Thread-safe; the clock must outlive
/// it.
class InterruptibleTimer {
 public:
  explicit InterruptibleTimer(Clock& clock) : clock_(clock) {}

  Clock& clock() const noexcept { return clock_; }

  /// Blocks until `time`, or until the moment that `EndBy` set. True when the pause ran its time;
  /// false when the stop cut it short: then there is time for one last look and no more.
  bool WaitUntil(SteadyTime time);

  /// The service is asked to stop: every pause, begun or to come, ends at `deadline` at the latest.
  void EndBy(Deadline deadline);
  /// Whether `EndBy` was called: what is begun now may be cut off.
  bool ending() const;

 private:
  Clock& clock_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  SteadyTime end_ VCACHE_GUARDED_BY(mutex_) = SteadyTime::max();
};

}  // namespace vcache::detection
