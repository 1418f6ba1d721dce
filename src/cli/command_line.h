#pragma once

#include <span>
#include <string>

#include "vcache/core/result.h"

namespace vcache::cli {

enum class Command { kHelp, kVersion, kDoctor };

/// What the arguments ask for. A plain value.
struct Request {
  Command command = Command::kHelp;
  bool json = false;  ///< `--json`: for machines.
};

/// Reads the arguments behind the program's name. kBadRequest names what is not understood.
Result<Request> ParseCommandLine(std::span<const char* const> arguments);

std::string HelpText();
std::string VersionText();

}  // namespace vcache::cli
