#pragma once

#include "vcache/config/settings.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"

namespace vcache::app {

/// `.env`, in the working directory.
inline constexpr const char* kEnvFile = ".env";

/// The content of that file.
struct EnvFileContent {
  bool exists = false;
  config::EnvFile variables;
  unsigned mode = 0;  ///< Its permission bits.

  /// Whether it holds secrets, and users other than its owner may read or change it.
  bool is_exposed() const;
};

/// Reads the file; without one there are no variables. kBadConfiguration names the file if it is
/// unreadable or no file, and lists each malformed line.
Result<EnvFileContent> ReadEnvFile();

/// Logs problems that do not stop the start, one line each: names that the service does not read,
/// which are probably misspelt, and secrets that others may read.
void WarnOfEnvFile(const EnvFileContent& file, Logger& logger);

}  // namespace vcache::app
