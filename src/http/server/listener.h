#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "vcache/core/result.h"
#include "vcache/core/unique_fd.h"

namespace vcache::http {

/// A socket that listens, and where.
struct Listener {
  UniqueFd socket;
  std::uint16_t port = 0;
};

/// Binds `host` (a name or an address of either family) without SO_REUSEPORT, so that a second
/// server on the same port is an error and not a thief of half the requests (rule H19), and listens
/// with our own backlog (rule H20). kBadConfiguration names the address.
Result<Listener> OpenListener(const std::string& host, std::uint16_t port, int backlog);

/// Who is at the other end of a socket.
struct PeerAddress {
  std::string text;   ///< Numeric, without port; IPv4 in IPv6 is shown as IPv4.
  std::string group;  ///< What limits count by: the address, of IPv6 its /64 network.
};
PeerAddress DescribePeer(const sockaddr_storage& address);

}  // namespace vcache::http
