#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "vcache/core/result.h"

namespace vcache::redis {

/// Owns one file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const noexcept { return fd_; }
  bool valid() const noexcept { return fd_ >= 0; }
  void Close() noexcept;

 private:
  int fd_ = -1;
};

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
Result<Descriptor> BeginConnect(const Endpoint& endpoint);

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
  explicit WakeSignal(Descriptor event) noexcept : event_(std::move(event)) {}
  Descriptor event_;
};

}  // namespace vcache::redis
