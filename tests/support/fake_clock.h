#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "vcache/core/clock.h"

namespace vcache::test {

/// A clock that moves only when a test says so. Waits end when they are notified or when the test
/// advances past them (they look once a real millisecond, which no test result depends on).
class FakeClock final : public Clock {
 public:
  SteadyTime Now() const override { return SteadyTime(std::chrono::nanoseconds(now_.load())); }
  WallTime WallNow() const override {
    return kStart + std::chrono::duration_cast<WallTime::duration>(
                        std::chrono::nanoseconds(now_.load()) - kOffset);
  }
  bool WaitUntil(ConditionVariable& condition, MutexLock& lock, SteadyTime until) override {
    if (Now() >= until) return false;
    waiters_.fetch_add(1);
    // One look, then the caller's own: a notification may come while this one times out.
    condition.WaitUntil(lock, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
    waiters_.fetch_sub(1);
    looks_.fetch_add(1);
    return Now() < until;
  }

  void Advance(std::chrono::nanoseconds by) { now_.fetch_add(by.count()); }

  /// Returns when at least `count` threads wait on this clock.
  void AwaitWaiters(int count) const {
    while (waiters() < count) std::this_thread::yield();
  }
  int waiters() const { return waiters_.load(); }
  /// How often threads that waited have looked at the clock again.
  std::uint64_t looks() const { return looks_.load(); }

  /// 2026-01-01T00:00:00Z: what `WallNow` says before the first `Advance`.
  static constexpr WallTime kStart{std::chrono::seconds(1'767'225'600)};

 private:
  static constexpr std::chrono::nanoseconds kOffset = std::chrono::hours(1);
  std::atomic<std::int64_t> now_{kOffset.count()};
  std::atomic<int> waiters_{0};
  std::atomic<std::uint64_t> looks_{0};
};

}  // namespace vcache::test
