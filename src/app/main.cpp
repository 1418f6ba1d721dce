#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "app/command_line.h"
#include "app/logging/spdlog_logger.h"
#include "app/process_limits.h"
#include "app/service.h"
#include "app/start_check.h"
#include "app/stop_signals.h"
#include "vcache/app/env_file.h"
#include "vcache/app/secret_files.h"
#include "vcache/config/settings.h"
#include "vcache/net/http_client.h"

namespace {

using namespace vcache;

constexpr int kExitFailed = 1;
constexpr int kExitBadConfiguration = 2;
/// Time beyond the grace period for the stores and the last log lines.
constexpr std::chrono::milliseconds kLongestAfterGrace{10'000};

int Print(const std::string& text) {
  const bool printed = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return printed ? EXIT_SUCCESS : kExitFailed;
}

int Refuse(const std::string& message) {
  std::fprintf(stderr, "verdictcache: %s\n", message.c_str());
  return kExitBadConfiguration;
}

/// Prints the effective settings, and fails as the start would.
int CheckConfig(const config::Settings& settings, const config::Environment& environment) {
  if (const int failed = Print(config::Describe(settings, environment)); failed != 0) return failed;
  if (const Result<void> start = app::CheckStart(settings); !start) {
    return Refuse(start.error().message);
  }
  return EXIT_SUCCESS;
}

/// Stops the service at the first signal; false when paid calls were still running.
bool StopWhenAsked(app::StopSignals& signals, app::Service& service, Logger& logger) {
  const std::optional<int> signal = signals.Await();
  if (!signal) return true;
  const char* const name = sigabbrev_np(*signal);
  logger.Info("A signal asks for the end", {{"signal", name != nullptr ? name : "?"}});
  // Somebody at a terminal has no balancer, and waits.
  return service.Stop(*signal == SIGINT ? app::Service::Notice::kNone
                                        : app::Service::Notice::kGiven);
}

int Serve(config::Settings settings, const app::EnvFileContent& file) {
  // Construct it first: its thread must outlive all other parts.
  app::StopSignals signals(settings.server.shutdown_grace + kLongestAfterGrace);
  SystemClock clock;
  app::SpdlogLogger logger(settings.server.log_level, settings.server.log_format);
  app::WarnOfEnvFile(file, logger);
  if (const Result<void> enough = app::CheckDescriptorLimit(); !enough) {
    return Refuse(enough.error().message);
  }
  app::FitConnections(settings.server, logger);
  Result<std::unique_ptr<app::Service>> service = app::Service::Make(settings, clock, logger);
  if (!service) return Refuse(service.error().message);
  if (const Result<void> started = (*service)->Start(); !started) {
    return Refuse(started.error().message);
  }

  bool drained = true;
  std::thread stopper([&] { drained = StopWhenAsked(signals, **service, logger); });
  const Result<void> end = (*service)->Wait();
  if (!end) {
    signals.Cancel();
    logger.Error("The listener failed; the service ends so that it can be started anew",
                 {{"reason", end.error().message}});
  }
  stopper.join();
  if (!end) return kExitFailed;
  if (!drained) {
    // Waiting longer would exceed the grace period; the platform would kill the process.
    logger.Finish();
    std::_Exit(kExitFailed);
  }
  return EXIT_SUCCESS;
}

int Main(std::span<const char* const> arguments) {
  const app::CoreDumps core_dumps;  // before any secret is read
  // Call it before any socket opens: libraries use plain write(2) on them (rule T7).
  app::IgnoreOtherSignals();
  const Result<app::Command> command = app::ParseCommandLine(arguments);
  if (!command) return Refuse(command.error().message);
  if (*command == app::Command::kHelp) return Print(app::HelpText());
  if (*command == app::Command::kVersion) return Print(app::VersionText());

  const Result<app::EnvFileContent> file = app::ReadEnvFile();
  if (!file) return Refuse(file.error().message);
  const config::Environment process = config::ProcessEnvironment();
  const Result<config::EnvFile> secrets = app::ReadSecretFiles(process, file->variables);
  if (!secrets) return Refuse(secrets.error().message);
  const Result<config::Settings> settings =
      config::LoadSettings(process, file->variables, *secrets);
  if (!settings) return Refuse(settings.error().message);
  if (*command == app::Command::kCheckConfig) {
    return CheckConfig(*settings, config::Layered(*secrets, process, file->variables));
  }

  if (settings->server.allow_core_dumps) {
    core_dumps.Allow();
  } else {
    core_dumps.Forbid();
  }
  net::InitHttpClients();
  return Serve(*settings, *file);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  } catch (const std::exception&) {
    std::fputs("verdictcache: out of memory or threads at start\n", stderr);
    return kExitFailed;
  }
}
