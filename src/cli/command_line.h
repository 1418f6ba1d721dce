#pragma once

#include <span>
#include <string>

#include "vcache/core/result.h"

namespace vcache::cli {

enum class Command { kHelp, kVersion, kDoctor };

struct Request {
  Command command = Command::kHelp;
  bool json = false;  ///< `--json`: for programs.
};

/// Reads the arguments after the program's name. kBadRequest names the unknown one.
Result<Request> ParseCommandLine(std::span<const char* const> arguments);

std::string HelpText();
std::string VersionText();

}  // namespace vcache::cli
