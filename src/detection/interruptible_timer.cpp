#include "vcache/detection/interruptible_timer.h"

#include <algorithm>

namespace vcache::detection {

bool InterruptibleTimer::WaitUntil(SteadyTime time) {
  MutexLock lock(mutex_);
  while (clock_.Now() < std::min(time, end_)) {
    const SteadyTime seen = end_;
    while (end_ == seen && clock_.WaitUntil(changed_, lock, std::min(time, seen))) {
    }
  }
  return time <= end_;
}

void InterruptibleTimer::EndBy(Deadline deadline) {
  const MutexLock lock(mutex_);
  end_ = std::min(end_, deadline.time());
  changed_.NotifyAll();
}

bool InterruptibleTimer::ending() const {
  const MutexLock lock(mutex_);
  return end_ != SteadyTime::max();
}

}  // namespace vcache::detection
