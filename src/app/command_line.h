#pragma once

#include <span>
#include <string>

#include "vcache/core/result.h"

namespace vcache::app {

enum class Command { kServe, kCheckConfig, kHelp, kVersion };

/// The command that the arguments state. kBadConfiguration names the unknown argument.
Result<Command> ParseCommandLine(std::span<const char* const> arguments);

std::string HelpText();
std::string VersionText();

}  // namespace vcache::app
