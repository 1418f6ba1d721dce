#pragma once

#include <optional>

#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// The time of day for expiries that outlive the process. A wall clock that jumps against the
/// steady clock is not believed for an hour: a wrong clock must neither remove nor hide what was
/// paid for. A slow drift is followed. Thread-safe; the clock must outlive it.
class TrustedTime {
 public:
  /// One of the two is right. They differ only after a jump.
  struct Range {
    WallTime earliest{};  ///< To ask whether something has expired.
    WallTime latest{};    ///< To say when something new expires.

    /// Whether the clocks agree. Only then remove what has expired.
    bool agrees() const noexcept { return earliest == latest; }
  };

  explicit TrustedTime(Clock& clock);
  Range Now() VCACHE_EXCLUDES(mutex_);

 private:
  struct Reading {
    WallTime wall;
    SteadyTime steady;

    /// What the wall clock shows at `then` if it does not jump.
    WallTime At(SteadyTime then) const noexcept;
    bool Agrees(const Reading& later) const noexcept;
  };
  Reading Read() const { return {clock_.WallNow(), clock_.Now()}; }

  Clock& clock_;
  Mutex mutex_;
  Reading believed_ VCACHE_GUARDED_BY(mutex_);
  std::optional<Reading> jumped_ VCACHE_GUARDED_BY(mutex_);  ///< The first after the last jump.
};

}  // namespace vcache::cache
