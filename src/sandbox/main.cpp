#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "vcache/core/log.h"
#include "vcache/core/parse_number.h"
#include "vcache/core/vendor_table.h"
#include "vcache/http/server/server.h"
#include "vcache/sandbox/sandbox.h"

namespace {

using namespace vcache;

constexpr int kExitBadArguments = 2;

constexpr std::string_view kHelp = R"(Usage: detector-sandbox [--port N] [--help] [--version]

A stand-in for the paid detection vendors on 127.0.0.1: it speaks their wire formats, makes scores
up from the content's hash, and counts what a vendor would have charged.

  --port N   where to listen; 9090 by default, 0 for a free port

Bases (/custom, with detect and jobs, is of a vendor that does not exist):
)";
constexpr std::string_view kHelpEnd = R"(
Switches: GET /sandbox/calls, POST /sandbox/reset,
          POST /sandbox/behaviour {"mode": "...", "latencyMs": N, "times": N, "vendor": "..."}
Modes:    ok error500 rate_limit quota credentials refuse_media broken_json empty close cut
          no_score null_score not_a_score out_of_range truncated refusal huge
Environment: SANDBOX_MODE, SANDBOX_LATENCY_MS. One call: X-Sandbox-Mode, X-Sandbox-Latency-Ms.
)";

std::string Help() {
  std::string text(kHelp);
  for (const VendorInfo& vendor : kVendors) text += "  " + std::string(vendor.sandbox_path) + "\n";
  return text + std::string(kHelpEnd);
}

int Refuse(const std::string& message) {
  std::fprintf(stderr, "detector-sandbox: %s\n", message.c_str());
  return kExitBadArguments;
}

Result<sandbox::Behaviour> BehaviourFromEnvironment() {
  sandbox::Behaviour behaviour;
  if (const char* name = std::getenv("SANDBOX_MODE")) {
    const auto mode = sandbox::ModeFromName(name);
    if (!mode) return Error{ErrorCode::kBadConfiguration, "SANDBOX_MODE is no mode; see --help"};
    behaviour.mode = *mode;
  }
  if (const char* text = std::getenv("SANDBOX_LATENCY_MS")) {
    const std::optional<int> ms = ParseNumber<int>(text);
    if (!ms || *ms < 0) {
      return Error{ErrorCode::kBadConfiguration, "SANDBOX_LATENCY_MS must be a number from 0 up"};
    }
    behaviour.latency = std::chrono::milliseconds(*ms);
  }
  return behaviour;
}

http::ServerOptions ServerOptionsFor(std::uint16_t port) {
  http::ServerOptions options;
  options.worker_threads = 768;  // its handlers wait as long as a slow vendor
  options.host = "127.0.0.1";    // loopback only: its verdicts are invented
  options.port = port;
  options.max_body_bytes = 5ULL * 1024 * 1024 * 1024;
  return options;
}

int Serve(std::uint16_t port) {
  Result<sandbox::Behaviour> behaviour = BehaviourFromEnvironment();
  if (!behaviour) return Refuse(behaviour.error().message);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  SystemClock clock;
  sandbox::Sandbox sandbox(clock, std::move(behaviour).value());
  http::Server server(ServerOptionsFor(port), sandbox.MakeRouter(), {}, clock, NullLogger());
  if (const Result<void> started = server.Start(); !started) {
    return Refuse(started.error().message);
  }
  std::printf("detector-sandbox listens on http://127.0.0.1:%u\n", unsigned{server.port()});
  std::fflush(stdout);

  int signal = 0;
  sigwait(&signals, &signal);
  server.Stop(std::chrono::milliseconds(0));
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a write above the file size limit fails instead
  std::uint16_t port = 9090;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      return std::fputs(Help().c_str(), stdout) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (argument == "--version") {
      return std::puts("detector-sandbox " VCACHE_VERSION) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (argument != "--port" || i + 1 == argc) {
      return Refuse("unknown argument \"" + EscapeForLog(argument) + "\"; see --help");
    }
    const auto number = ParseNumber<std::uint16_t>(argv[++i]);
    if (!number) return Refuse("--port must be a number from 0 to 65535");
    port = *number;
  }
  return Serve(port);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception&) {
    std::fputs("detector-sandbox: out of memory or threads at start\n", stderr);
    return EXIT_FAILURE;
  }
}
