#include "vcache/app/secret_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "app/read_whole.h"
#include "vcache/core/unique_fd.h"

namespace vcache::app {
namespace {

constexpr std::size_t kLargestSecretFile = 64 * 1024;

bool IsSet(const std::optional<std::string>& value) {
  return value && value->find_first_not_of(" \t\r\n") != std::string::npos;
}

/// The file's text, or what is wrong with it.
Result<std::string> ReadSecretFile(const std::string& path) {
  const auto failed = [](const std::string& why) {
    return Error{ErrorCode::kBadConfiguration, "names a file that " + why};
  };
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) {
    return failed("cannot be read: " + std::generic_category().message(errno) + ".");
  }
  if (S_ISDIR(about.st_mode)) return failed("is a directory.");
  std::string text;
  if (!ReadWhole(file.get(), kLargestSecretFile, text)) {
    return failed("cannot be read: " + std::generic_category().message(errno) + ".");
  }
  if (text.size() > kLargestSecretFile) return failed("is larger than 64 KiB.");
  if (!IsSet(text)) return failed("holds nothing.");
  return text;
}

}  // namespace

Result<config::EnvFile> ReadSecretFiles(const config::Environment& process,
                                        const config::EnvFile& file) {
  const config::Environment environment = config::Layered(process, file);
  config::EnvFile secrets;
  std::string complaints;
  const auto complain = [&complaints](const std::string& line) {
    complaints += (complaints.empty() ? "" : "\n") + line;
  };
  for (const auto& [file_variable, name] : config::SecretFileVariables()) {
    const auto path = environment(file_variable);
    if (!IsSet(path)) continue;
    if (IsSet(environment(name))) {
      complain(name + " and " + file_variable + " are both set: keep one of them.");
      continue;
    }
    const std::size_t begin = path->find_first_not_of(" \t\r\n");
    const std::size_t end = path->find_last_not_of(" \t\r\n");
    Result<std::string> text = ReadSecretFile(path->substr(begin, end - begin + 1));
    if (text) {
      secrets.emplace(name, std::move(text).value());
    } else {
      complain(file_variable + " " + text.error().message);
    }
  }
  if (complaints.empty()) return secrets;
  return Error{ErrorCode::kBadConfiguration, std::move(complaints)};
}

}  // namespace vcache::app
