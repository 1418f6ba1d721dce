#pragma once

#include <chrono>
#include <cstdint>

#include "vcache/core/clock.h"

namespace vcache::cache {

/// The longest life of an entry: longer ones overflow the clock's nanoseconds.
inline constexpr std::chrono::seconds kLongestLife = std::chrono::hours(24 * 3650);

/// Times in stores: milliseconds since 1970, rounded down.
inline std::int64_t ToMillis(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

inline WallTime FromMillis(std::int64_t millis) {
  return WallTime(std::chrono::milliseconds(millis));
}

inline bool SameDay(WallTime one, WallTime other) {
  using std::chrono::days;
  return std::chrono::floor<days>(one) == std::chrono::floor<days>(other);
}

}  // namespace vcache::cache
