#include "vcache/detection/interruptible_timer.h"

#include <algorithm>

namespace vcache::detection {

bool InterruptibleTimer::WaitUntil(SteadyTime time) {
  std::unique_lock lock(mutex_);
  while (clock_.Now() < std::min(time, end_)) {
    const SteadyTime seen = end_;
    clock_.WaitUntil(changed_, lock, std::min(time, seen), [&] { return end_ != seen; });
  }
  return time <= end_;
}

void InterruptibleTimer::EndBy(Deadline deadline) {
  const std::lock_guard lock(mutex_);
  end_ = std::min(end_, deadline.time());
  changed_.notify_all();
}

bool InterruptibleTimer::ending() const {
  const std::lock_guard lock(mutex_);
  return end_ != SteadyTime::max();
}

}  // namespace vcache::detection
