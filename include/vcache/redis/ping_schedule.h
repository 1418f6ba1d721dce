#pragma once

#include <chrono>
#include <cstddef>

#include "vcache/core/clock.h"

namespace vcache::redis {

/// When a connection that nobody uses is pinged, so that hosted servers and what stands before them
/// do not close it (rule R7). Connections of one process to one server take turns, so that together
/// they send one ping an interval. A plain value; thread-safe.
struct PingSchedule {
  std::chrono::milliseconds interval{60'000};
  std::size_t turn = 0;   ///< Which of the connections this is, from 0.
  std::size_t turns = 1;  ///< How many share the interval, at least 1.

  /// The moment of the next ping, given that of the last command or ping. Alone: an interval later.
  /// With others: the first of its turns that is at least an interval later; an unused connection
  /// is silent for at most `turns + 1` intervals.
  SteadyTime Due(SteadyTime last_use) const noexcept {
    const SteadyTime earliest = last_use + interval;
    if (turns <= 1) return earliest;
    const auto round = interval * static_cast<std::chrono::milliseconds::rep>(turns);
    const auto own = interval * static_cast<std::chrono::milliseconds::rep>(turn);
    // Rounds are counted from the clock's zero, which all connections of the process share.
    const auto since = earliest.time_since_epoch() - own;
    const auto rounds = (since + round - SteadyTime::duration(1)) / round;
    return SteadyTime(rounds * round + own);
  }
};

}  // namespace vcache::redis
