#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/doctor.h"
#include "cli/finding.h"
#include "vcache/app/env_file.h"
#include "vcache/app/secret_files.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/net/http_client.h"

namespace {

using namespace vcache;

constexpr int kExitFailed = 1;
constexpr int kExitBadConfiguration = 2;
constexpr int kExitUsage = 64;  // EX_USAGE of sysexits.h

bool Print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

std::string SourceOf(bool has_file) {
  std::error_code ignored;
  const std::filesystem::path here = std::filesystem::current_path(ignored);
  if (has_file) return "from the environment and " + (here / app::kEnvFile).string();
  return "from the environment; there is no .env in " + here.string();
}

/// One finding for each line of a configuration error; the last one has the advice.
void AddComplaints(const std::string& message, std::vector<cli::Finding>& findings) {
  std::istringstream lines(message);
  std::string line;
  while (std::getline(lines, line)) {
    findings.push_back({"configuration", cli::Grade::kFail, line});
  }
  findings.back().advice =
      "The service does not start with this; .env.example documents every variable.";
}

void AddWarnings(const app::EnvFileContent& file, std::vector<cli::Finding>& findings) {
  for (const std::string& name : config::UnknownNames(file.variables)) {
    findings.push_back({"configuration", cli::Grade::kWarn,
                        name + " in .env is no variable of the service and has no effect.",
                        "Is it misspelt? .env.example has every name."});
  }
  if (file.is_exposed()) {
    findings.push_back({"configuration", cli::Grade::kWarn,
                        ".env holds secrets, and others on this machine may read it.",
                        "chmod 600 .env, as the user that the service runs as."});
  }
}

int Report(const std::vector<cli::Finding>& findings, bool json, int failed) {
  if (!Print(json ? cli::AsJson(findings) : cli::AsText(findings))) return kExitFailed;
  return cli::HasFailed(findings) ? failed : EXIT_SUCCESS;
}

int Doctor(bool json) {
  std::vector<cli::Finding> findings;
  const Result<app::EnvFileContent> file = app::ReadEnvFile();
  if (!file) {
    AddComplaints(file.error().message, findings);
    return Report(findings, json, kExitBadConfiguration);
  }
  const config::Environment process = config::ProcessEnvironment();
  const Result<config::EnvFile> secrets = app::ReadSecretFiles(process, file->variables);
  if (!secrets) {
    AddComplaints(secrets.error().message, findings);
    return Report(findings, json, kExitBadConfiguration);
  }
  const Result<config::Settings> settings =
      config::LoadSettings(process, file->variables, *secrets);
  if (!settings) {
    AddComplaints(settings.error().message, findings);
    return Report(findings, json, kExitBadConfiguration);
  }
  findings.push_back({"configuration", cli::Grade::kOk,
                      "Every variable is valid, " + SourceOf(file->exists) + "."});
  AddWarnings(*file, findings);
  net::InitHttpClients();
  SystemClock clock;
  for (cli::Finding& finding : cli::Examine(*settings, clock)) {
    findings.push_back(std::move(finding));
  }
  return Report(findings, json, kExitFailed);
}

int Main(std::span<const char* const> arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // rule T7
  std::signal(SIGXFSZ, SIG_IGN);  // a write above the file size limit fails instead
  const Result<cli::Request> request = cli::ParseCommandLine(arguments);
  if (!request) {
    std::fprintf(stderr, "vcachectl: %s\n", request.error().message.c_str());
    return kExitUsage;
  }
  switch (request->command) {
    case cli::Command::kHelp:
      return Print(cli::HelpText()) ? EXIT_SUCCESS : kExitFailed;
    case cli::Command::kVersion:
      return Print(cli::VersionText()) ? EXIT_SUCCESS : kExitFailed;
    case cli::Command::kDoctor:
      return Doctor(request->json);
  }
  return kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  } catch (const std::exception&) {
    std::fputs("vcachectl: out of memory or threads\n", stderr);
    return kExitFailed;
  }
}
