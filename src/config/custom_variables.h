#pragma once

#include <vector>

#include "config/variable.h"

namespace vcache::config {

/// `CUSTOM_*`: a vendor by configuration, in the order of the documentation.
std::vector<Variable> CustomVariables();

}  // namespace vcache::config
