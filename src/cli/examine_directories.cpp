#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "cli/doctor.h"

namespace vcache::cli {
namespace {

namespace fs = std::filesystem;

/// Below this free space the store counts as full.
constexpr std::uintmax_t kLittleSpace = 64ULL * 1024 * 1024;

/// File systems whose locks SQLite cannot trust (rule P3), by the magic numbers of statfs(2).
bool IsNetworkFileSystem(const fs::path& directory) {
  struct statfs about {};
  if (::statfs(directory.c_str(), &about) != 0) return false;
  constexpr std::array<std::uint32_t, 5> kNetworks = {0x6969,       // NFS
                                                      0x517B,       // SMB
                                                      0xFE534D42,   // SMB2
                                                      0xFF534D42,   // CIFS
                                                      0x00C36400};  // Ceph
  for (const std::uint32_t magic : kNetworks) {
    if (static_cast<std::uint32_t>(about.f_type) == magic) return true;
  }
  return false;
}

/// Why the user cannot create files there; empty when it can.
std::optional<std::string> WhyNotWritable(const fs::path& path) {
  if (::access(path.c_str(), W_OK | X_OK) == 0) return std::nullopt;
  return std::error_code(errno, std::generic_category()).message();
}

/// The nearest existing ancestor: the place where a missing directory would be created.
fs::path NearestThatExists(fs::path path) {
  std::error_code failed;
  path = fs::absolute(path, failed);
  while (!path.empty() && path != path.root_path() && !fs::exists(path, failed)) {
    path = path.parent_path();
  }
  return path;
}

Finding Unusable(const std::string& check, std::string_view variable, const fs::path& path,
                 const std::string& why, std::string_view advice) {
  return {check, Grade::kFail,
          std::string(variable) + " " + path.string() + " cannot be used: " + why + ".",
          std::string(advice)};
}

constexpr std::string_view kStoreAdvice =
    "Name a directory that the service's user may write to, or give it that one (chown); left "
    "empty, CACHE_DIR turns the local store off. The service does not start with this.";

/// Checks the database's first bytes without SQLite, which would write to it.
std::optional<std::string> WhyNoDatabase(const fs::path& file) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  // application_id, as in docs/cache-format.md: 1447240803, big-endian at this offset
  // (https://www.sqlite.org/fileformat.html).
  constexpr std::string_view kOurs = "\x56\x43\x24\x63";
  constexpr std::size_t kOursAt = 68;
  std::array<char, 100> head{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(head.data(), head.size());
  const auto size = static_cast<std::size_t>(stream.gcount());
  if (size == 0) return std::nullopt;  // new, or unreadable: access(2) reports the latter
  const std::string_view text(head.data(), size);
  if (size < head.size() || !text.starts_with(kMagic)) return "it is no SQLite database";
  if (text.substr(kOursAt, kOurs.size()) != kOurs) return "it is a database, and not one of ours";
  return std::nullopt;
}

std::optional<Finding> DatabaseProblem(const fs::path& directory) {
  for (const char* name : {"verdictcache.db", "verdictcache.db-wal", "verdictcache.db-shm"}) {
    const fs::path file = directory / name;
    std::error_code failed;
    if (!fs::exists(file, failed)) continue;
    if (::access(file.c_str(), R_OK | W_OK) != 0) {
      return Unusable("store", "CACHE_DIR", file,
                      std::error_code(errno, std::generic_category()).message(), kStoreAdvice);
    }
  }
  if (const auto why = WhyNoDatabase(directory / "verdictcache.db")) {
    return Finding{"store", Grade::kFail,
                   (directory / "verdictcache.db").string() + " is damaged: " + *why + ".",
                   "Move it away together with its -wal and -shm files, or restore a copy. The "
                   "service goes on without it, and pays again for what was in it."};
  }
  return std::nullopt;
}

Finding OfStore(const config::Settings& settings) {
  const fs::path& directory = settings.cache.directory;
  if (settings.cache.mode == config::CacheMode::kOff) {
    return {"store", Grade::kWarn, "CACHE_MODE=off: nothing is kept, and every analysis is paid.",
            "Unset CACHE_MODE unless you mean it."};
  }
  if (directory.empty()) {
    return {"store", Grade::kWarn,
            settings.redis.is_shared()
                ? "No local store: what is paid for while Redis is away lives in memory only."
                : "No store: verdicts live in memory only and are lost at a restart.",
            "Set CACHE_DIR to a directory on a local disk."};
  }
  std::error_code failed;
  const fs::path there = NearestThatExists(directory);
  if (!fs::is_directory(there, failed)) {
    return Unusable("store", "CACHE_DIR", directory, "it is no directory", kStoreAdvice);
  }
  if (const auto why = WhyNotWritable(there)) {
    return Unusable("store", "CACHE_DIR", directory, *why, kStoreAdvice);
  }
  if (auto problem = DatabaseProblem(directory)) return *std::move(problem);
  if (IsNetworkFileSystem(there)) {
    return {"store", Grade::kWarn, "CACHE_DIR " + directory.string() + " is on a network disk.",
            "Move it to a local one: SQLite's locks are not reliable there."};
  }
  const fs::space_info space = fs::space(there, failed);
  if (!failed && space.available < kLittleSpace) {
    return {"store", Grade::kWarn,
            "CACHE_DIR " + directory.string() + " has " +
                std::to_string(space.available / (1024 * 1024)) + " MB left.",
            "Free space: a full disk turns the local store off."};
  }
  const bool exists = fs::exists(directory, failed);
  return {"store", Grade::kOk,
          "CACHE_DIR " + directory.string() +
              (exists ? " can be written." : " does not exist yet, and can be made.")};
}

Finding OfSpool(const config::Settings& settings) {
  const fs::path& directory = settings.server.spool_directory;
  std::error_code failed;
  constexpr std::string_view kAdvice =
      "Name a directory that exists and that the service's user may write to. The service does not "
      "start with this.";
  if (!fs::is_directory(directory, failed)) {
    return Unusable("spool", "SPOOL_DIR", directory, "it is no directory", kAdvice);
  }
  if (const auto why = WhyNotWritable(directory)) {
    return Unusable("spool", "SPOOL_DIR", directory, *why, kAdvice);
  }
  const fs::space_info space = fs::space(directory, failed);
  if (!failed && space.available < settings.server.max_upload_bytes) {
    return {"spool", Grade::kWarn,
            "SPOOL_DIR " + directory.string() + " has less room than one upload may need.",
            "Free space there, or point SPOOL_DIR elsewhere."};
  }
  return {"spool", Grade::kOk, "SPOOL_DIR " + directory.string() + " can be written."};
}

}  // namespace

std::vector<Finding> ExamineDirectories(const config::Settings& settings) {
  return {OfStore(settings), OfSpool(settings)};
}

}  // namespace vcache::cli
