#pragma once

#include <chrono>
#include <cstddef>

#include "vcache/core/clock.h"

namespace vcache::redis {

/// When to ping an idle connection, so that hosted servers and proxies do not close it (rule R7).
/// The connections of one process to one server take turns and together send one ping per interval.
/// Thread-safe.
struct PingSchedule {
  std::chrono::milliseconds interval{60'000};
  std::size_t turn = 0;   ///< The index of this connection, from 0.
  std::size_t turns = 1;  ///< How many connections share the interval, at least 1.

  /// The time of the next ping after the last command or ping. One connection: an interval later.
  /// Several: its first turn that is at least an interval later. An idle connection is silent for
  /// at most `turns + 1` intervals.
  SteadyTime Due(SteadyTime last_use) const noexcept {
    const SteadyTime earliest = last_use + interval;
    if (turns <= 1) return earliest;
    const auto round = interval * static_cast<std::chrono::milliseconds::rep>(turns);
    const auto own = interval * static_cast<std::chrono::milliseconds::rep>(turn);
    // Turns count from the clock's zero, which all connections of the process share.
    const auto since = earliest.time_since_epoch() - own;
    const auto rounds = (since + round - SteadyTime::duration(1)) / round;
    return SteadyTime(rounds * round + own);
  }
};

}  // namespace vcache::redis
