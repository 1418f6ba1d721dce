#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// What the files hold that `<NAME>_FILE` names in the process environment or in `.env`, by `NAME`,
/// for every secret. kBadConfiguration names each variable whose file cannot be read, holds nothing
/// or is too large, and each secret that is set both ways, one a line. It never shows the path: a
/// secret may have been written in its place.
Result<config::EnvFile> ReadSecretFiles(const config::Environment& process,
                                        const config::EnvFile& file);

}  // namespace vcache::app
