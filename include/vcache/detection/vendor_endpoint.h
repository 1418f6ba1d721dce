#pragma once

#include <chrono>
#include <string>

#include "vcache/core/usd.h"

namespace vcache::detection {

/// The settings of every vendor's adapter (`<VENDOR>_BASE_URL` and so on).
struct VendorEndpoint {
  /// The vendor's base URL as in docs/detection-vendors.md, without a final slash.
  std::string base_url;
  std::chrono::milliseconds timeout{30'000};
  /// Price of a call; each adapter defines its unit.
  Usd cost{};
  /// The endpoint is the sandbox: every verdict is marked `demo`.
  bool sandbox = false;
};

}  // namespace vcache::detection
