#pragma once

#include <string>
#include <string_view>

#include "vcache/cache/counters.h"

namespace vcache::cache {

// The names under which every store keeps its counters; docs/cache-format.md specifies them.

/// `stats:counters`, whose field `since_ms` says when counting began.
std::string TotalsKey(std::string_view prefix);
inline constexpr std::string_view kSinceField = "since_ms";
/// `stats:day:2026-11-21`, UTC.
std::string DayKey(std::string_view prefix, WallTime when);
/// `stats:hour:2026-11-21T10`, UTC.
std::string HourKey(std::string_view prefix, WallTime when);

inline constexpr std::chrono::days kDaysKept{400};
inline constexpr std::chrono::days kHoursKept{8};

/// `events:clears`: how often anybody has cleared anything.
std::string ClearsKey(std::string_view prefix);

/// Sets the count that `CounterField` names; false when no counter has this name.
bool SetCounterField(Counters& counters, std::string_view field, std::int64_t value);

}  // namespace vcache::cache
