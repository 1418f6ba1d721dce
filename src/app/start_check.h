#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// kBadConfiguration when uploads cannot be spooled to the directory.
Result<void> CheckSpoolDirectory(const std::filesystem::path& directory);

/// Checks whether a service could start with these settings. Creates and removes files and
/// directories, and binds the address briefly. Opens no connection. Do not call it where a service
/// runs. kBadConfiguration lists every problem, one a line.
Result<void> CheckStart(const config::Settings& settings);

}  // namespace vcache::app
