#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// A directory that uploads cannot be spooled to would refuse every one over a megabyte.
/// kBadConfiguration.
Result<void> CheckSpoolDirectory(const std::filesystem::path& directory);

/// Whether a service could start with these settings, found out by trying: files and directories
/// are made and removed, the address is bound and given back. Opens no connection and leaves
/// nothing behind. Not for a process in which a service runs. kBadConfiguration with everything
/// that would stop the start, one a line.
Result<void> CheckStart(const config::Settings& settings);

}  // namespace vcache::app
