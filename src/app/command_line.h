#pragma once

#include <span>
#include <string>

#include "vcache/core/result.h"

namespace vcache::app {

enum class Command { kServe, kCheckConfig, kHelp, kVersion };

/// What the arguments ask for. kBadConfiguration names the one that is not understood.
Result<Command> ParseCommandLine(std::span<const char* const> arguments);

std::string HelpText();
std::string VersionText();

}  // namespace vcache::app
