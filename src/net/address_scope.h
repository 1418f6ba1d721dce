#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

namespace vcache::net {

enum class AddressScope {
  kPublic,    ///< A host on the Internet.
  kLoopback,  ///< This machine: 127.0.0.0/8, ::1, and 127.0.0.0/8 written as IPv6.
  kOther,     ///< Everything else: private, shared, link-local, multicast, reserved, unspecified.
};

/// By IANA's registries of special-purpose addresses; an unknown address is not public. An IPv6
/// address that carries an IPv4 address for a translator (mapped, NAT64, 6to4) has the scope of
/// that address. Obsolete forms (IPv4-compatible, Teredo) are kOther. Pure.
AddressScope ScopeOf(const in_addr& address) noexcept;
AddressScope ScopeOf(const in6_addr& address) noexcept;
/// kOther for families other than IPv4 and IPv6.
AddressScope ScopeOf(const sockaddr& address, socklen_t size) noexcept;

}  // namespace vcache::net
