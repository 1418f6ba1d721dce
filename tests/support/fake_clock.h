#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "vcache/core/clock.h"

namespace vcache::test {

/// A clock that moves only when a test says so. Waits end when the test advances past them (they
/// look once a real millisecond, which no test result depends on).
class FakeClock final : public Clock {
 public:
  SteadyTime Now() const override { return SteadyTime(std::chrono::nanoseconds(now_.load())); }
  WallTime WallNow() const override {
    return kStart + std::chrono::duration_cast<WallTime::duration>(
                        std::chrono::nanoseconds(now_.load()) - kOffset);
  }
  bool WaitUntil(std::condition_variable& condition, std::unique_lock<std::mutex>& lock,
                 SteadyTime until, const std::function<bool()>& done) override {
    waiters_.fetch_add(1);
    bool is_done = done();
    while (!is_done && Now() < until) {
      condition.wait_for(lock, std::chrono::milliseconds(1));
      is_done = done();
    }
    waiters_.fetch_sub(1);
    return is_done;
  }

  void Advance(std::chrono::nanoseconds by) { now_.fetch_add(by.count()); }

  /// Returns when at least `count` threads wait on this clock.
  void AwaitWaiters(int count) const {
    while (waiters_.load() < count) std::this_thread::yield();
  }

  /// 2026-01-01T00:00:00Z: what `WallNow` says before the first `Advance`.
  static constexpr WallTime kStart{std::chrono::seconds(1'767'225'600)};

 private:
  static constexpr std::chrono::nanoseconds kOffset = std::chrono::hours(1);
  std::atomic<std::int64_t> now_{kOffset.count()};
  std::atomic<int> waiters_{0};
};

}  // namespace vcache::test
