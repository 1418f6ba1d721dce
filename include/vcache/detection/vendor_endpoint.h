#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vcache::detection {

/// What every vendor's adapter is configured with (`<VENDOR>_BASE_URL` and so on).
struct VendorEndpoint {
  /// The vendor's base as docs/detection-vendors.md gives it, without a slash at the end.
  std::string base_url;
  std::chrono::milliseconds timeout{30'000};
  /// Price of a call in millionths of a US dollar; each adapter says what one call is.
  std::int64_t cost_micros = 0;
  /// Answers come from a stand-in: every verdict is marked `demo`.
  bool sandbox = false;
};

}  // namespace vcache::detection
