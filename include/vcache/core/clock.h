#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace vcache {

/// A moment for measuring and waiting: never jumps, means nothing outside this process.
using SteadyTime = std::chrono::steady_clock::time_point;
/// A moment for people and for storing.
using WallTime = std::chrono::system_clock::time_point;

/// Time as a dependency: nothing below `app/` asks the system for the time, sleeps or waits with a
/// time limit of its own. All calls are safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual SteadyTime Now() const = 0;
  virtual WallTime WallNow() const = 0;

  /// Waits on `condition` until `done()` or `until`; `lock` is held when `done` runs and on return.
  /// True when `done()` is. `SteadyTime::max()` waits for ever.
  virtual bool WaitUntil(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                         SteadyTime until, const std::function<bool()>& done) = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  SteadyTime Now() const override;
  WallTime WallNow() const override;
  bool WaitUntil(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                 SteadyTime until, const std::function<bool()>& done) override;
};

}  // namespace vcache
