#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vcache/core/deadline.h"
#include "vcache/detection/detector.h"

namespace vcache::app {

/// One vendor's answer about the configured credentials.
struct VendorCredentials {
  std::string vendor;
  detection::CredentialCheck check;
};

/// Asks all vendors concurrently, without charge, until `deadline` at most; a vendor without an
/// answer is unknown. Keeps the order of `vendors`. Throws only std::bad_alloc.
std::vector<VendorCredentials> CheckCredentials(
    const std::vector<std::shared_ptr<detection::Detector>>& vendors, Deadline deadline);

}  // namespace vcache::app
