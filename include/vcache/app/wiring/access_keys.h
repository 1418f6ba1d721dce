#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// kBadConfiguration when JWT_PUBLIC_KEY holds no usable key, which only the library that reads it
/// can tell.
Result<void> CheckAccessKeys(const config::AccessSettings& settings);

}  // namespace vcache::app
