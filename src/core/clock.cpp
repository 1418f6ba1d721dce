#include "vcache/core/clock.h"

namespace vcache {

SteadyTime SystemClock::Now() const {
  return std::chrono::steady_clock::now();
}

WallTime SystemClock::WallNow() const {
  return std::chrono::system_clock::now();
}

bool SystemClock::WaitUntil(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                            SteadyTime until, const std::function<bool()>& done) {
  if (until == SteadyTime::max()) {
    condition.wait(lock, done);
    return true;
  }
  return condition.wait_until(lock, until, done);
}

}  // namespace vcache
