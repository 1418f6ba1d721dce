#pragma once

#include <chrono>

#include "vcache/core/mutex.h"

namespace vcache {

/// A time for measuring and waiting: never jumps, has no meaning outside this process.
using SteadyTime = std::chrono::steady_clock::time_point;
/// A time for people and for storage.
using WallTime = std::chrono::system_clock::time_point;

/// Time as a dependency: nothing below `app/` reads the system's time or sleeps. Waits on a
/// condition go through `WaitUntil`; waits inside libraries and `poll` get their time limits from
/// it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual SteadyTime Now() const = 0;
  virtual WallTime WallNow() const = 0;

  /// Waits on `condition` until it is notified or `until`, at times for less; `lock` is held again
  /// on return. False at `until`; `SteadyTime::max()` waits for ever. For a loop:
  ///
  ///     while (!done_ && clock_.WaitUntil(changed_, lock, until)) {
  ///     }
  virtual bool WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) = 0;

  /// Waits until then, and nothing ends that early.
  void SleepUntil(SteadyTime until);
};

/// Its steady time goes on while the machine is suspended (CLOCK_BOOTTIME): leases of other
/// machines and entries in Redis do not stand still either.
class SystemClock final : public Clock {
 public:
  SteadyTime Now() const override;
  WallTime WallNow() const override;
  bool WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) override;
};

}  // namespace vcache
