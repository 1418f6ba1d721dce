#pragma once

#include <string>
#include <string_view>

#include "vcache/cache/counters.h"

namespace vcache::cache {

// The names of counters in every store; docs/cache-format.md specifies them.

/// `stats:counters`; its field `since_ms` says when counting began.
std::string TotalsKey(std::string_view prefix);
inline constexpr std::string_view kSinceField = "since_ms";
/// `stats:day:2026-11-21`, UTC.
std::string DayKey(std::string_view prefix, WallTime when);
/// `stats:hour:2026-11-21T10`, UTC.
std::string HourKey(std::string_view prefix, WallTime when);

inline constexpr std::chrono::days kDaysKept{400};
inline constexpr std::chrono::days kHoursKept{8};

/// `events:clears`: the number of clears so far.
std::string ClearsKey(std::string_view prefix);

/// Sets the counter that `CounterField` names; false for an unknown name.
bool SetCounterField(Counters& counters, std::string_view field, std::int64_t value);

}  // namespace vcache::cache
