#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "cache/sqlite/sqlite_connection.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// The newest version of the tables that this program knows.
std::int64_t NewestSchema() noexcept;
/// What is wrong with a database of a later version. kBadConfiguration.
Error WrittenByNewer(const std::string& path);
/// What is wrong with a directory that cannot be used, and with a file in it. kBadConfiguration.
Error CannotUseDirectory(const std::filesystem::path& directory, const std::error_code& reason);
Error CannotOpenForWriting(const std::string& path);

/// Makes the directory (0700) and the file (0600) where they are missing. kBadConfiguration.
Result<std::string> PrepareDatabaseFile(const std::filesystem::path& directory);

/// Opens the file; makes the tables in an empty one, and refuses what is not ours, damaged, or
/// written by a newer version. Waits at most `wait` for other processes that do the same.
Result<std::unique_ptr<Connection>> OpenDatabase(const std::string& path, Clock& clock,
                                                 std::chrono::milliseconds wait);

}  // namespace vcache::cache
