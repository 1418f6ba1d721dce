#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "cache/sqlite/sqlite_schema.h"
#include "vcache/cache/sqlite/sqlite_store.h"
#include "vcache/core/unique_fd.h"

// Predicts the answer of OpenSqliteStore and leaves nothing in the directory.
namespace vcache::cache {
namespace {

namespace fs = std::filesystem;

std::error_code LastError() {
  return {errno, std::generic_category()};
}

/// Directories made for the check; removed afterwards if they are still empty.
class TrialDirectories {
 public:
  TrialDirectories() = default;
  ~TrialDirectories() {
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) ::rmdir(made->c_str());
  }
  TrialDirectories(const TrialDirectories&) = delete;
  TrialDirectories& operator=(const TrialDirectories&) = delete;

  /// Makes the missing parts of the path, from the top.
  std::error_code Make(const fs::path& directory) {
    fs::path so_far;
    for (const fs::path& part : directory) {
      so_far /= part;
      if (part.empty()) continue;  // after a trailing slash
      if (::mkdir(so_far.c_str(), S_IRWXU) == 0) {
        made_.push_back(so_far);
      } else if (struct stat about{}; ::stat(so_far.c_str(), &about) != 0) {
        return LastError();
      }
    }
    return {};
  }

 private:
  std::vector<fs::path> made_;
};

/// Whether a file can be made there; it exists for a moment.
std::error_code MakeAndRemoveFile(const fs::path& directory) {
  std::string name = (directory / "verdictcache-check-XXXXXX").string();
  if (!UniqueFd(::mkostemp(name.data(), O_CLOEXEC))) return LastError();
  if (::unlink(name.c_str()) != 0) return LastError();
  return {};
}

/// The schema version from the header of one of our databases
/// (https://www.sqlite.org/fileformat.html). Empty for other files, which do not stop a start.
std::optional<std::int64_t> VersionOf(const std::string& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  constexpr std::string_view kApplicationId = "VC$c";
  constexpr std::size_t kVersionAt = 60;
  constexpr std::size_t kApplicationIdAt = 68;
  std::array<char, 100> bytes{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), bytes.size())) return std::nullopt;
  const std::string_view head(bytes.data(), bytes.size());
  if (!head.starts_with(kMagic)) return std::nullopt;
  if (head.substr(kApplicationIdAt, kApplicationId.size()) != kApplicationId) return std::nullopt;
  std::int64_t version = 0;
  for (const char byte : head.substr(kVersionAt, 4)) {
    version = version * 256 + static_cast<unsigned char>(byte);
  }
  return version;
}

Result<void> CheckFiles(const fs::path& directory) {
  for (const char* name : {"verdictcache.db", "verdictcache.db-wal", "verdictcache.db-shm"}) {
    const std::string path = (directory / name).string();
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) continue;  // OpenSqliteStore creates it
    if (S_ISDIR(about.st_mode) || ::access(path.c_str(), R_OK | W_OK) != 0) {
      return CannotOpenForWriting(path);
    }
  }
  const std::string path = (directory / "verdictcache.db").string();
  if (const auto version = VersionOf(path); version && *version > NewestSchema()) {
    return WrittenByNewer(path);
  }
  return {};
}

}  // namespace

Result<void> CheckSqliteDirectory(const fs::path& directory) {
  TrialDirectories trial;
  std::error_code failed = trial.Make(directory);
  if (!failed && !fs::is_directory(directory, failed) && !failed) {
    failed = std::make_error_code(std::errc::not_a_directory);
  }
  if (!failed) failed = MakeAndRemoveFile(directory);
  if (failed) return CannotUseDirectory(directory, failed);
  return CheckFiles(directory);
}

}  // namespace vcache::cache
