#pragma once

#include <algorithm>
#include <chrono>

#include "vcache/core/clock.h"

namespace vcache {

/// The time by which a step must end. A request's deadline is passed by value down the calls; a
/// step may shorten it. Work that must outlive the request, such as a paid call or storing its
/// verdict, gets a deadline of its own. Copying is free and thread-safe.
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

  /// The time left, at least 0; `milliseconds::max()` for `Never()`.
  std::chrono::milliseconds Remaining(const Clock& clock) const {
    if (never()) return std::chrono::milliseconds::max();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time_ - clock.Now());
    return std::max(left, std::chrono::milliseconds::zero());
  }

  /// The earlier of the two.
  Deadline Shortened(Deadline other) const noexcept {
    return Deadline(std::min(time_, other.time_));
  }

 private:
  explicit Deadline(SteadyTime time) noexcept : time_(time) {}

  SteadyTime time_;
};

}  // namespace vcache
