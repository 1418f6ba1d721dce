#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "cache/sqlite_connection.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// Makes the directory (0700) and the file (0600) where they are missing. kBadConfiguration.
Result<std::string> PrepareDatabaseFile(const std::filesystem::path& directory);

/// Opens the file; makes the tables in an empty one, and refuses what is not ours, damaged, or
/// written by a newer version. Waits at most `wait` for other processes that do the same.
Result<std::unique_ptr<Connection>> OpenDatabase(const std::string& path, Clock& clock,
                                                 std::chrono::milliseconds wait);

}  // namespace vcache::cache
