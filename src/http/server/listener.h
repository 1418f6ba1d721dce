#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "vcache/core/result.h"
#include "vcache/core/unique_fd.h"

namespace vcache::http {

struct Listener {
  UniqueFd socket;
  std::uint16_t port = 0;
};

/// Binds `host` (a name, or an IPv4 or IPv6 address) and listens. Without SO_REUSEPORT: a second
/// server on the port must fail, and not take half of the requests (rule H19). `backlog` replaces
/// the library's default (rule H20). Error: kBadConfiguration names the address.
Result<Listener> OpenListener(const std::string& host, std::uint16_t port, int backlog);

struct PeerAddress {
  std::string text;   ///< Numeric, without port; IPv4 in IPv6 is shown as IPv4.
  std::string group;  ///< Key of the limits: the IPv4 address, or the IPv6 /64 network.
};
PeerAddress DescribePeer(const sockaddr_storage& address);

}  // namespace vcache::http
