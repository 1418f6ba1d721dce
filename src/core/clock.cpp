#include "vcache/core/clock.h"

#include <algorithm>
#include <ctime>

namespace vcache {
namespace {

constexpr std::chrono::seconds kLongestWait{5};

}  // namespace

void Clock::SleepUntil(SteadyTime until) {
  Mutex mutex;
  ConditionVariable never;
  MutexLock lock(mutex);
  while (WaitUntil(never, lock, until)) {
  }
}

SteadyTime SystemClock::Now() const {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return SteadyTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

WallTime SystemClock::WallNow() const {
  return std::chrono::system_clock::now();
}

bool SystemClock::WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) {
  if (until == SteadyTime::max()) {
    condition.Wait(lock);
    return true;
  }
  // The condition's clock stands still while the machine is suspended: wait in parts.
  const SteadyTime::duration left = until - Now();
  const SteadyTime::duration part = std::min<SteadyTime::duration>(left, kLongestWait);
  const bool notified = condition.WaitUntil(lock, std::chrono::steady_clock::now() + part);
  return notified || part < left;
}

}  // namespace vcache
