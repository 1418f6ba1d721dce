#include "http/server/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "vcache/core/free_with.h"
#include "vcache/http/server/server.h"

namespace vcache::http {
namespace {

using Addresses = std::unique_ptr<addrinfo, FreeWith<::freeaddrinfo>>;

Error CannotListen(const std::string& host, std::uint16_t port, const std::string& why) {
  return {.code = ErrorCode::kBadConfiguration,
          .message = "Cannot listen on " + host + " port " + std::to_string(port) + ": " + why};
}

bool SetOption(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

UniqueFd TryBind(const addrinfo& address) {
  UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  // One IPv6 socket on `::` serves both families.
  const bool ready =
      SetOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) &&
      (address.ai_family != AF_INET6 || SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
      ::bind(fd.get(), address.ai_addr, address.ai_addrlen) == 0;
  if (ready) return fd;
  const int why = errno;
  fd.Reset();
  errno = why;
  return fd;
}

std::uint16_t BoundPort(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  if (bound.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  return ntohs(reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port);
}

/// Binds the first of the host's addresses that can be bound and for which `use` succeeds. `use`
/// sets `errno` and returns false on failure.
template <typename Use>
Result<Listener> BindFirst(const std::string& host, std::uint16_t port, const Use& use) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                   std::to_string(port).c_str(), &hints, &found);
  if (status != 0) return CannotListen(host, port, ::gai_strerror(status));
  const Addresses addresses(found);
  int why = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    UniqueFd fd = TryBind(*address);
    if (fd && use(fd.get())) {
      const std::uint16_t bound = BoundPort(fd.get());
      return Listener{std::move(fd), bound};
    }
    why = errno;
  }
  return CannotListen(host, port, std::generic_category().message(why));
}

PeerAddress DescribeIPv6(in6_addr address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    ::inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
    return {text.data(), text.data()};
  }
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  PeerAddress peer{text.data(), {}};
  // One provider's customer has a whole /64: a limit on single addresses would have no effect.
  std::memset(&address.s6_addr[8], 0, 8);
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  peer.group = text.data();
  return peer;
}

}  // namespace

Result<Listener> OpenListener(const std::string& host, std::uint16_t port, int backlog) {
  return BindFirst(host, port, [backlog](int fd) { return ::listen(fd, backlog) == 0; });
}

Result<void> CheckAddress(const std::string& host, std::uint16_t port) {
  const Result<Listener> bound = BindFirst(host, port, [](int) { return true; });
  if (!bound) return bound.error();
  return {};
}

PeerAddress DescribePeer(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    return DescribeIPv6(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr);
  }
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr, text.data(),
              text.size());
  return {text.data(), text.data()};
}

}  // namespace vcache::http
