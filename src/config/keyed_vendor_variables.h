#pragma once

#include <vector>

#include "config/variable.h"

namespace vcache::config {

/// The vendors that need one key and nothing else, each with its key, base, time-out, price and
/// concurrency, in the order of the documentation.
std::vector<Variable> KeyedVendorVariables();

}  // namespace vcache::config
