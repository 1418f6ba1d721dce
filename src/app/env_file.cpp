#include "vcache/app/env_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace vcache::app {

Result<config::EnvFile> ReadEnvFile() {
  const std::filesystem::path path = kEnvFile;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return config::EnvFile{};
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Error{ErrorCode::kBadConfiguration, ".env exists but cannot be read"};
  return config::ParseEnvFile(text.str());
}

}  // namespace vcache::app
