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

/// The newest schema version that this program knows.
std::int64_t NewestSchema() noexcept;
/// The error for a database of a newer version. kBadConfiguration.
Error WrittenByNewer(const std::string& path);
/// The errors for a directory, and for a file in it, that cannot be used. kBadConfiguration.
Error CannotUseDirectory(const std::filesystem::path& directory, const std::error_code& reason);
Error CannotOpenForWriting(const std::string& path);

/// Creates the directory (0700) and the file (0600) if missing. Error: kBadConfiguration.
Result<std::string> PrepareDatabaseFile(const std::filesystem::path& directory);

/// Opens the file and creates the tables in an empty one. Refuses a file that is foreign, damaged
/// or of a newer version. Waits at most `wait` for other processes that do the same.
Result<std::unique_ptr<Connection>> OpenDatabase(const std::string& path, Clock& clock,
                                                 std::chrono::milliseconds wait);

}  // namespace vcache::cache
