#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "vcache/core/secret.h"
#include "vcache/core/usd.h"
#include "vcache/core/vendor_table.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/net/http_client.h"

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

/// The configuration of an adapter, which reads the members that its vendor has.
struct VendorOptions {
  VendorEndpoint endpoint{};  ///< Its price is for what the vendor's row in the table says.
  Secret api_key{};
  std::string account{};  ///< Sightengine: the API user. Copyleaks: the account's email.
  /// Between two polls of a result that comes later; empty: the adapter's own default.
  std::optional<std::chrono::milliseconds> poll_interval{};
  /// Sightengine: the vendor operations that the price covers, which the vendor bills and reports;
  /// 0: ignore reports.
  std::int64_t operations_per_image = 5;
  std::string model{};      ///< OpenAI: the language model.
  std::string login_url{};  ///< Copyleaks: the base of the login, on another host.
};

/// What all adapters share. Both must outlive the detector.
struct VendorParts {
  net::HttpClient& http;
  InterruptibleTimer& pauses;
};

/// Declares one factory for each vendor (`MakeHive` and so on), which its own file defines.
#define VCACHE_DECLARE(name) \
  std::shared_ptr<Detector> Make##name(VendorOptions options, const VendorParts& parts);
VCACHE_BUILT_IN_VENDORS(VCACHE_DECLARE)
#undef VCACHE_DECLARE

/// Calls the vendor's factory. Null for `kCustom`, whose factory is `MakeCustom`.
std::shared_ptr<Detector> MakeVendor(VendorId id, VendorOptions options, const VendorParts& parts);

}  // namespace vcache::detection
