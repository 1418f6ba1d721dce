#pragma once

#include <algorithm>
#include <chrono>

#include "vcache/core/clock.h"

namespace vcache {

/// The moment after which an answer is of no use. One per request, passed by value down every
/// call, only ever shortened on the way. A plain value: copying is free and thread-safe.
class Deadline {
 public:
  static Deadline Never() noexcept { return Deadline(SteadyTime::max()); }
  static Deadline At(SteadyTime time) noexcept { return Deadline(time); }
  static Deadline After(const Clock& clock, std::chrono::milliseconds wait) {
    return Deadline(clock.Now() + wait);
  }

  SteadyTime time() const noexcept { return time_; }
  bool never() const noexcept { return time_ == SteadyTime::max(); }
  bool Expired(const Clock& clock) const { return !never() && clock.Now() >= time_; }

  /// What is left, at least 0. `milliseconds::max()` when it never comes.
  std::chrono::milliseconds Remaining(const Clock& clock) const {
    if (never()) return std::chrono::milliseconds::max();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time_ - clock.Now());
    return std::max(left, std::chrono::milliseconds::zero());
  }

  /// The earlier of two: how a step shortens the deadline that it was given.
  Deadline Shortened(Deadline other) const noexcept {
    return Deadline(std::min(time_, other.time_));
  }

 private:
  explicit Deadline(SteadyTime time) noexcept : time_(time) {}

  SteadyTime time_;
};

}  // namespace vcache
