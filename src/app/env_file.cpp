#include "vcache/app/env_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <string>
#include <system_error>

#include "app/read_whole.h"
#include "vcache/core/unique_fd.h"

namespace vcache::app {
namespace {

constexpr unsigned kPermissions = 07777;
constexpr unsigned kOfOthers = 077;
constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();

Error Unusable(const std::string& why) {
  return {ErrorCode::kBadConfiguration, std::string(kEnvFile) + why};
}

Error CannotBeRead(int reason) {
  return Unusable(" is there but cannot be read: " + std::generic_category().message(reason) +
                  ". Let the service's user read it, or move it away.");
}

/// Whether no file of that name exists. A dangling link counts as present.
bool IsAbsent() {
  struct stat about {};
  return ::lstat(kEnvFile, &about) != 0 && errno == ENOENT;
}

}  // namespace

bool EnvFileContent::is_exposed() const {
  return (mode & kOfOthers) != 0 && config::HoldsSecrets(variables);
}

Result<EnvFileContent> ReadEnvFile() {
  EnvFileContent content;
  if (IsAbsent()) return content;
  const UniqueFd file(::open(kEnvFile, O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return CannotBeRead(errno);
  if (S_ISDIR(about.st_mode)) {
    return Unusable(
        " is a directory and must be a file. Docker makes one where the file of a bind mount is "
        "missing: remove it, and mount the file, or use --env-file.");
  }
  std::string text;
  if (!ReadWhole(file.get(), kAnySize, text)) return CannotBeRead(errno);
  Result<config::EnvFile> variables = config::ParseEnvFile(text);
  if (!variables) return std::move(variables).error();
  content.exists = true;
  content.variables = std::move(*variables);
  content.mode = about.st_mode & kPermissions;
  return content;
}

void WarnOfEnvFile(const EnvFileContent& file, Logger& logger) {
  for (const std::string& name : config::UnknownNames(file.variables)) {
    logger.Warn("A variable in .env is not known and has no effect; is it misspelt?",
                {{"name", name}});
  }
  if (!file.is_exposed()) return;
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", file.mode);
  logger.Warn("The file .env holds secrets, and others on this machine may read it: chmod 600 .env",
              {{"mode", std::string_view(mode.data())}});
}

}  // namespace vcache::app
