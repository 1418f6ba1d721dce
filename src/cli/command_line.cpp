#include "cli/command_line.h"

#include <string_view>

#include "vcache/core/log.h"

namespace vcache::cli {
namespace {

/// Hides the text after `=`: it may be a secret.
Error NotUnderstood(std::string_view what, std::string_view argument) {
  return Error{ErrorCode::kBadRequest, std::string(what) + " \"" +
                                           EscapeForLog(argument.substr(0, argument.find('='))) +
                                           "\"; see vcachectl --help"};
}

bool IsHelp(std::string_view argument) {
  return argument == "--help" || argument == "-h";
}

}  // namespace

Result<Request> ParseCommandLine(std::span<const char* const> arguments) {
  if (arguments.empty()) {
    return Error{ErrorCode::kBadRequest, "name a command; see vcachectl --help"};
  }
  Request request;
  const std::string_view first = arguments.front();
  if (IsHelp(first) || first == "help") {
    request.command = Command::kHelp;
  } else if (first == "--version") {
    request.command = Command::kVersion;
  } else if (first == "doctor") {
    request.command = Command::kDoctor;
  } else {
    return NotUnderstood(first.starts_with('-') ? "unknown option" : "unknown command", first);
  }
  const bool is_doctor = request.command == Command::kDoctor;
  for (const std::string_view argument : arguments.subspan(1)) {
    if (is_doctor && argument == "--json") {
      request.json = true;
    } else if (is_doctor && IsHelp(argument)) {
      return Request{};
    } else {
      return NotUnderstood("unknown argument", argument);
    }
  }
  return request;
}

std::string HelpText() {
  return R"(Usage: vcachectl doctor [--json]
       vcachectl --help | --version

Commands:
  doctor   look whether the service could work here: every variable, the local store's directory,
           Redis, and the credentials of each vendor that can be asked for nothing. Changes nothing
           and costs nothing; a login of Copyleaks is one of its twelve in a quarter of an hour.

Options of doctor:
  --json   one JSON object in place of lines

It reads what the service reads: environment variables, and the file .env in the working directory
for those that are not set. Run it where and as whom the service runs.

Exit status of doctor: 0 when nothing failed, 1 when something did, 2 for a bad configuration.
An unknown command or argument is 64.
)";
}

std::string VersionText() {
  return "vcachectl " VCACHE_VERSION "\n";
}

}  // namespace vcache::cli
