#pragma once

#include <chrono>
#include <vector>

#include "vcache/core/clock.h"

namespace vcache::test {

/// A clock for one thread that waits for nobody else: each wait is over at once, the clock then
/// stands where the wait would have ended, and the test sees how long it was.
class JumpingClock final : public Clock {
 public:
  SteadyTime Now() const override { return now_; }
  WallTime WallNow() const override {
    return WallTime(std::chrono::duration_cast<WallTime::duration>(now_.time_since_epoch()));
  }
  bool WaitUntil(ConditionVariable&, MutexLock&, SteadyTime until) override {
    waits.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(until - now_));
    now_ = until;
    return false;
  }

  void Advance(std::chrono::nanoseconds by) { now_ += by; }

  std::vector<std::chrono::milliseconds> waits;

 private:
  SteadyTime now_{std::chrono::hours(1)};
};

}  // namespace vcache::test
