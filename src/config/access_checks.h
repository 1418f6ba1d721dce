#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/config/settings.h"

namespace vcache::config {

/// What a vendor needs before it can be called, and whether that is set.
struct VendorCredential {
  std::string_view variable;
  bool is_set;
};
std::vector<VendorCredential> CredentialsOf(const VendorInfo& vendor,
                                            const DetectionSettings& settings);

/// What is wrong with who may use the service, one sentence each; see `CrossCheck`.
std::vector<std::string> CheckAccess(const Settings& settings,
                                     const std::function<bool(std::string_view name)>& is_wrong);

}  // namespace vcache::config
