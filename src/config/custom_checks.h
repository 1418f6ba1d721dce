#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/config/settings.h"

namespace vcache::config {

/// What is wrong with `CUSTOM_*` taken together, one sentence each, beginning with the variable.
/// Variables that are wrong by themselves (`is_wrong`) are not complained of again.
std::vector<std::string> CheckCustom(const DetectionSettings& settings,
                                     const std::function<bool(std::string_view name)>& is_wrong);

}  // namespace vcache::config
