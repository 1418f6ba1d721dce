#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vcache/core/deadline.h"
#include "vcache/detection/detector.h"

namespace vcache::app {

/// What one vendor said of our credentials.
struct VendorCredentials {
  std::string vendor;
  detection::CredentialCheck check;
};

/// Asks all vendors at the same time, for free, and waits for their answers, until `deadline` at
/// most; who has not answered then is unknown. In the order of `vendors`. Never throws but for want
/// of memory.
std::vector<VendorCredentials> CheckCredentials(
    const std::vector<std::shared_ptr<detection::Detector>>& vendors, Deadline deadline);

}  // namespace vcache::app
