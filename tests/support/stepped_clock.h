#pragma once

#include <atomic>
#include <chrono>

#include "support/fake_clock.h"

namespace vcache::test {

/// A `FakeClock` whose wall clock can be set apart from its steady clock.
class SteppedClock final : public Clock {
 public:
  SteadyTime Now() const override { return even_.Now(); }
  WallTime WallNow() const override {
    return even_.WallNow() + std::chrono::milliseconds(step_.load());
  }
  bool WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) override {
    return even_.WaitUntil(condition, lock, until);
  }

  void Advance(std::chrono::nanoseconds by) { even_.Advance(by); }
  /// How far the wall clock is ahead of the steady one.
  void SetAhead(std::chrono::milliseconds by) { step_ = by.count(); }

 private:
  FakeClock even_;
  std::atomic<std::int64_t> step_{0};
};

}  // namespace vcache::test
