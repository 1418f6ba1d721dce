#include "app/command_line.h"

#include <string_view>

#include "app/version.h"
#include "vcache/core/log.h"

namespace vcache::app {

Result<Command> ParseCommandLine(std::span<const char* const> arguments) {
  Command command = Command::kServe;
  for (const std::string_view argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      command = Command::kHelp;
    } else if (argument == "--version") {
      command = Command::kVersion;
    } else if (argument == "--check-config") {
      command = Command::kCheckConfig;
    } else {
      // Text after `=` may be a secret: ADMIN_TOKEN=..., --token=...
      return Error{ErrorCode::kBadConfiguration,
                   "unknown argument \"" + EscapeForLog(argument.substr(0, argument.find('='))) +
                       "\"; see --help"};
    }
  }
  return command;
}

std::string HelpText() {
  return R"(Usage: verdictcache [--check-config | --help | --version]

A cache in front of paid AI-content detection APIs: one paid call for each content.
Without an argument it serves HTTP until SIGTERM or SIGINT.

  --check-config  print the effective configuration, secrets masked, and exit; fails as the
                  start would, also for a directory or an address that cannot be used
  --help          print this text
  --version       print the version

Configuration comes from environment variables and from the file .env in the working
directory for those that are not set; .env.example documents every one.

Exit status: 0 after an orderly stop, 1 when serving failed, 2 for a bad configuration.
)";
}

std::string VersionText() {
  return "verdictcache " + std::string(kVersion) + "\n";
}

}  // namespace vcache::app
