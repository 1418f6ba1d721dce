#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// Where `.env` is looked for: in the working directory.
inline constexpr const char* kEnvFile = ".env";

/// What that file has. A plain value.
struct EnvFileContent {
  bool exists = false;
  config::EnvFile variables;
  unsigned mode = 0;  ///< Its permission bits.

  /// Whether it holds secrets, and others than its owner may read or change it.
  bool is_exposed() const;
};

/// Reads it; without such a file there are no variables. kBadConfiguration, naming the file, when
/// something is there that is no file or cannot be read, or with a line for each bad one of it.
Result<EnvFileContent> ReadEnvFile();

/// Says what a service starts with all the same: names that nothing reads, which are most likely
/// misspelt, and secrets that others may read. One line each.
void WarnOfEnvFile(const EnvFileContent& file, Logger& logger);

}  // namespace vcache::app
