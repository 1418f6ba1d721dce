#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

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

  /// Waits on `condition` until `done()` is true or `until` has come; `lock` is held when `done`
  /// runs and on return. Returns `done()`. `SteadyTime::max()` waits for ever.
  virtual bool WaitUntil(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                         SteadyTime until, const std::function<bool()>& done) = 0;
};

class SystemClock final : public Clock {
 public:
  SteadyTime Now() const override;
  WallTime WallNow() const override;
  bool WaitUntil(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                 SteadyTime until, const std::function<bool()>& done) override;
};

}  // namespace vcache
