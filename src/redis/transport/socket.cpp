#include "redis/transport/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "vcache/core/descriptors.h"

namespace vcache::redis {
namespace {

Error Unavailable(std::string message) {
  return Error{ErrorCode::kStoreUnavailable, std::move(message)};
}

Error ShortOfDescriptors() {
  return Error{ErrorCode::kIo, NoDescriptorLeft("for a connection to Redis")};
}

/// Without Nagle's delay for small commands. A peer that has vanished without a word (a balancer
/// dropped the connection) is found out by its silence to what is sent, or to keepalive. A server
/// that is only slow still acknowledges (tcp(7), TCP_USER_TIMEOUT).
void TuneTcp(int fd) {
  const int on = 1;
  const int idle_seconds = 10;
  const int interval_seconds = 2;
  const unsigned silence_ms = 2'000;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof(idle_seconds));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_seconds, sizeof(interval_seconds));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof(silence_ms));
}

}  // namespace

std::string SystemErrorText(int error) {
  std::string text = std::generic_category().message(error);
  return text.empty() ? "unknown error" : text;
}

Result<std::vector<Endpoint>> UnixSocketEndpoint(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return Error{ErrorCode::kBadConfiguration, "the path of the unix socket is too long"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Endpoint endpoint;
  std::memcpy(&endpoint.address, &address, sizeof(address));
  endpoint.length = sizeof(address);
  return std::vector<Endpoint>{endpoint};
}

Result<std::vector<Endpoint>> ResolveHost(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int outcome = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, [](addrinfo* list) {
    if (list != nullptr) freeaddrinfo(list);
  });
  if (outcome != 0 && !HasSpareDescriptors()) return ShortOfDescriptors();
  if (outcome != 0) {
    return Unavailable("the host name " + host + " cannot be resolved: " + gai_strerror(outcome));
  }
  std::vector<Endpoint> endpoints;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    Endpoint endpoint;
    std::memcpy(&endpoint.address, entry->ai_addr, entry->ai_addrlen);
    endpoint.length = entry->ai_addrlen;
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

Result<UniqueFd> BeginConnect(const Endpoint& endpoint) {
  const int family = endpoint.address.ss_family;
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket && IsShortageOfOurs(errno)) return ShortOfDescriptors();
  if (!socket) return Unavailable("no socket: " + SystemErrorText(errno));
  if (family != AF_UNIX) TuneTcp(socket.get());
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (::connect(socket.get(), address, endpoint.length) != 0 && errno != EINPROGRESS) {
    return Unavailable("it cannot be reached: " + SystemErrorText(errno));
  }
  return socket;
}

Result<void> ConnectOutcome(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return Unavailable("it cannot be reached: " + SystemErrorText(error));
  return {};
}

Result<WakeSignal> WakeSignal::Make() {
  UniqueFd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!event) return Error{ErrorCode::kIo, "no event descriptor: " + SystemErrorText(errno)};
  return WakeSignal(std::move(event));
}

void WakeSignal::Raise() const noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full; the thread is then being woken already.
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof(one));
}

void WakeSignal::Drain() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof(count));
}

}  // namespace vcache::redis
