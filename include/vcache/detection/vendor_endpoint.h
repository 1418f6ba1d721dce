#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vcache::detection {

/// The settings of every vendor's adapter (`<VENDOR>_BASE_URL` and so on).
struct VendorEndpoint {
  /// The vendor's base URL as in docs/detection-vendors.md, without a final slash.
  std::string base_url;
  std::chrono::milliseconds timeout{30'000};
  /// Price of a call in millionths of a US dollar; each adapter defines its unit.
  std::int64_t cost_micros = 0;
  /// The endpoint is the sandbox: every verdict is marked `demo`.
  bool sandbox = false;
};

}  // namespace vcache::detection
