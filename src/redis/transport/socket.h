#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "vcache/core/result.h"
#include "vcache/core/unique_fd.h"

namespace vcache::redis {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;
};

/// The addresses of a host, in the system's order of preference. May block for the name service.
/// Error: kStoreUnavailable when there is none.
Result<std::vector<Endpoint>> ResolveHost(const std::string& host, std::uint16_t port);

/// The address of a Unix socket. Error: kStoreUnavailable when the path is too long.
Result<std::vector<Endpoint>> UnixSocketEndpoint(const std::string& path);

/// Begins to connect without blocking. Writable then means done or failed, see `ConnectOutcome`.
/// Error: kStoreUnavailable on an immediate failure.
Result<UniqueFd> BeginConnect(const Endpoint& endpoint);

/// The result of a connect, once the socket is writable.
Result<void> ConnectOutcome(int fd);

/// The system's text for an errno, such as `connection refused`. Thread-safe.
std::string SystemErrorText(int error);

/// Wakes a polling thread.
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
