#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/config/settings.h"

namespace vcache::config {

/// What is wrong between variables that are each right by themselves, one sentence each. Nothing is
/// said about a variable that `is_wrong` already: it holds its default, not what was meant.
std::vector<std::string> CrossCheck(const Settings& settings,
                                    const std::function<bool(std::string_view name)>& is_wrong);

}  // namespace vcache::config
