#pragma once

#include <chrono>
#include <cstdint>

#include "vcache/core/clock.h"

namespace vcache::cache {

/// Times as the stores write them: milliseconds since 1970, rounded down.
inline std::int64_t ToMillis(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

inline WallTime FromMillis(std::int64_t millis) {
  return WallTime(std::chrono::milliseconds(millis));
}

}  // namespace vcache::cache
