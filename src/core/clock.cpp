#include "vcache/core/clock.h"

namespace vcache {

void Clock::SleepUntil(SteadyTime until) {
  Mutex mutex;
  ConditionVariable never;
  MutexLock lock(mutex);
  while (WaitUntil(never, lock, until)) {
  }
}

SteadyTime SystemClock::Now() const {
  return std::chrono::steady_clock::now();
}

WallTime SystemClock::WallNow() const {
  return std::chrono::system_clock::now();
}

bool SystemClock::WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) {
  if (until == SteadyTime::max()) {
    condition.Wait(lock);
    return true;
  }
  return condition.WaitUntil(lock, until);
}

}  // namespace vcache
