#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace vcache::detection {

enum class BreakerState {
  kClosed,    ///< Calls go through.
  kOpen,      ///< The vendor is left alone.
  kHalfOpen,  ///< One call is under way to see whether it works again.
};
std::string_view BreakerStateName(BreakerState state) noexcept;  ///< `closed`, `open`, `probing`

/// What is known of a vendor without asking it, from how its last calls ended.
struct VendorHealth {
  BreakerState state = BreakerState::kClosed;
  /// When open: after this the next call tries whether it works again. 0: that call may come.
  std::chrono::seconds retry_after{0};

  friend bool operator==(const VendorHealth&, const VendorHealth&) = default;
};

/// The health of the vendor of a name (`Detector::provider`).
struct NamedHealth {
  std::string vendor;
  VendorHealth health;

  friend bool operator==(const NamedHealth&, const NamedHealth&) = default;
};

}  // namespace vcache::detection
