#include "app/process_limits.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace vcache::app {
namespace {

/// Descriptors besides the clients' connections: 256 calls of vendors with a socket and a pair that
/// wakes its thread each, 128 clients that are being turned away, files of large uploads, stores.
constexpr std::size_t kOwnDescriptors = 1024;
constexpr std::size_t kLeastLimit = 64;

std::size_t LimitOf(rlim_t limit) noexcept {
  return limit == RLIM_INFINITY ? SIZE_MAX : static_cast<std::size_t>(limit);
}

}  // namespace

CoreDumps::CoreDumps() noexcept {
  ::getrlimit(RLIMIT_CORE, &before_);
  const rlimit none{0, before_.rlim_max};
  ::setrlimit(RLIMIT_CORE, &none);
  // The kernel ignores that limit where a program takes the dumps (core(5)).
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void CoreDumps::Allow() const noexcept {
  ::setrlimit(RLIMIT_CORE, &before_);
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

void CoreDumps::Forbid() const noexcept {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

std::size_t RaiseDescriptorLimit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return SIZE_MAX;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return LimitOf(limit.rlim_cur);
}

std::size_t ConnectionsWithin(std::size_t limit, std::size_t wanted) noexcept {
  if (limit < kLeastLimit) return 0;
  return std::min(wanted, limit - std::min(kOwnDescriptors, limit / 2));
}

Result<void> CheckDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  if (ConnectionsWithin(LimitOf(limit.rlim_max), 1) > 0) return {};
  return Error{ErrorCode::kBadConfiguration,
               "The hard limit of open files is " + std::to_string(limit.rlim_max) +
                   ", and the service needs " + std::to_string(kLeastLimit) +
                   " at least; raise it (ulimit -n, LimitNOFILE)."};
}

void FitConnections(config::ServerSettings& settings, Logger& logger) {
  const std::size_t limit = RaiseDescriptorLimit();
  const std::size_t fits = ConnectionsWithin(limit, settings.max_connections);
  if (fits >= settings.max_connections) return;
  logger.Warn(
      "The limit of open files is too low for MAX_CONNECTIONS: fewer connections are taken; raise "
      "the limit (ulimit -n, LimitNOFILE) or lower MAX_CONNECTIONS",
      {{"limit", static_cast<std::int64_t>(limit)},
       {"needed", static_cast<std::int64_t>(settings.max_connections + kOwnDescriptors)},
       {"max_connections", static_cast<std::int64_t>(settings.max_connections)},
       {"taken", static_cast<std::int64_t>(fits)}});
  settings.max_connections = fits;
}

}  // namespace vcache::app
