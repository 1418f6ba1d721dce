#include "vcache/detection/pauses.h"

#include <algorithm>

namespace vcache::detection {

bool Pauses::WaitUntil(SteadyTime time) {
  std::unique_lock lock(mutex_);
  while (clock_.Now() < std::min(time, end_)) {
    const SteadyTime seen = end_;
    clock_.WaitUntil(changed_, lock, std::min(time, seen), [&] { return end_ != seen; });
  }
  return time <= end_;
}

void Pauses::EndBy(Deadline deadline) {
  const std::lock_guard lock(mutex_);
  end_ = std::min(end_, deadline.time());
  changed_.notify_all();
}

bool Pauses::ending() const {
  const std::lock_guard lock(mutex_);
  return end_ != SteadyTime::max();
}

}  // namespace vcache::detection
