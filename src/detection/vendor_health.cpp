#include "vcache/detection/vendor_health.h"

namespace vcache::detection {

std::string_view BreakerStateName(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kOpen:
      return "open";
    case BreakerState::kHalfOpen:
      return "probing";
  }
  return "closed";
}

}  // namespace vcache::detection
