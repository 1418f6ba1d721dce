#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/core/unique_fd.h"

namespace vcache::redis {

/// One address to connect to.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;
};

/// Every address of a host, in the system's order of preference. May block for as long as the name
/// service takes. kStoreUnavailable when there is none.
Result<std::vector<Endpoint>> ResolveHost(const std::string& host, std::uint16_t port);

/// The one address of a Unix socket. kStoreUnavailable when the path is too long for one.
Result<std::vector<Endpoint>> UnixSocketEndpoint(const std::string& path);

/// Begins to connect without blocking; writable means done or failed, see `ConnectOutcome`.
/// kStoreUnavailable when it failed at once.
Result<UniqueFd> BeginConnect(const Endpoint& endpoint);

/// Why a connect that became writable failed; success when it did not.
Result<void> ConnectOutcome(int fd);

/// `connection refused`: the system's text of an errno, thread-safe.
std::string SystemErrorText(int error);

/// Wakes a thread that polls.
class WakeSignal {
 public:
  static Result<WakeSignal> Make();

  int fd() const noexcept { return event_.get(); }
  void Raise() const noexcept;
  void Drain() const noexcept;

 private:
  explicit WakeSignal(UniqueFd event) noexcept : event_(std::move(event)) {}
  UniqueFd event_;
};

}  // namespace vcache::redis
