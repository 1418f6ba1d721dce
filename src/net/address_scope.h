#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

namespace vcache::net {

/// Where an address leads.
enum class AddressScope {
  kPublic,    ///< A host of the Internet.
  kLoopback,  ///< This machine: 127.0.0.0/8, ::1, and the former written as IPv6.
  kOther,     ///< Everything else: private, shared, link-local, multicast, reserved, unspecified.
};

/// By IANA's registries of special-purpose addresses. What is not known to be public is not. An
/// IPv6 address that carries an IPv4 address for a translator on the way (mapped, NAT64, 6to4)
/// leads where that one leads; ways that are out of use (IPv4-compatible, Teredo) lead nowhere.
/// Pure.
AddressScope ScopeOf(const in_addr& address) noexcept;
AddressScope ScopeOf(const in6_addr& address) noexcept;
/// Of a socket address; kOther for families other than IPv4 and IPv6.
AddressScope ScopeOf(const sockaddr& address, socklen_t size) noexcept;

}  // namespace vcache::net
