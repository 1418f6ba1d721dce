#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace vcache::detection {

enum class BreakerState {
  kClosed,    ///< Calls go through.
  kOpen,      ///< Calls fail at once.
  kHalfOpen,  ///< One probe call is in progress.
};
std::string_view BreakerStateName(BreakerState state) noexcept;  ///< `closed`, `open`, `probing`

/// A vendor's health by its last calls, without asking it.
struct VendorHealth {
  BreakerState state = BreakerState::kClosed;
  /// When open: the time until the next probe. 0: the next call is the probe.
  std::chrono::seconds retry_after{0};

  friend bool operator==(const VendorHealth&, const VendorHealth&) = default;
};

struct NamedHealth {
  std::string vendor;
  VendorHealth health;

  friend bool operator==(const NamedHealth&, const NamedHealth&) = default;
};

}  // namespace vcache::detection
