#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// Where `.env` is looked for: in the working directory.
inline constexpr const char* kEnvFile = ".env";

/// The variables of that file; none when there is no such file. kBadConfiguration when it cannot be
/// read, or lists its bad lines.
Result<config::EnvFile> ReadEnvFile();

}  // namespace vcache::app
