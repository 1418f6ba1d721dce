#include "net/address_scope.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace vcache::net {
namespace {

struct Ipv4Block {
  std::uint32_t first;
  unsigned bits;
};

constexpr std::uint32_t Dotted(std::uint32_t a, std::uint32_t b, std::uint32_t c,
                               std::uint32_t d) noexcept {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

/// IPv4 blocks outside the public Internet.
constexpr Ipv4Block kSpecialIpv4[] = {
    {Dotted(0, 0, 0, 0), 8},        // "this network", unspecified
    {Dotted(10, 0, 0, 0), 8},       // private
    {Dotted(100, 64, 0, 0), 10},    // shared by carriers
    {Dotted(127, 0, 0, 0), 8},      // loopback
    {Dotted(169, 254, 0, 0), 16},   // link-local, and metadata services of clouds
    {Dotted(172, 16, 0, 0), 12},    // private
    {Dotted(192, 0, 0, 0), 24},     // protocol assignments
    {Dotted(192, 0, 2, 0), 24},     // documentation
    {Dotted(192, 88, 99, 0), 24},   // relays of 6to4, withdrawn
    {Dotted(192, 168, 0, 0), 16},   // private
    {Dotted(198, 18, 0, 0), 15},    // benchmarks
    {Dotted(198, 51, 100, 0), 24},  // documentation
    {Dotted(203, 0, 113, 0), 24},   // documentation
    {Dotted(224, 0, 0, 0), 4},      // multicast
    {Dotted(240, 0, 0, 0), 4},      // reserved, broadcast
};

struct Ipv6Block {
  std::array<std::uint8_t, 16> first;
  unsigned bits;
};

constexpr Ipv6Block kMapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96};
constexpr Ipv6Block kNat64 = {{0, 0x64, 0xFF, 0x9B}, 96};
constexpr Ipv6Block k6to4 = {{0x20, 0x02}, 16};
constexpr Ipv6Block kGlobal = {{0x20}, 3};
/// Blocks within the global unicast block that are not public.
constexpr Ipv6Block kSpecialIpv6[] = {
    {{0x20, 0x01}, 23},              // protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation
    {{0x3F, 0xFF}, 20},              // documentation
};

bool IsIn(std::uint32_t address, const Ipv4Block& block) noexcept {
  return (address ^ block.first) >> (32 - block.bits) == 0;
}

bool IsIn(const in6_addr& address, const Ipv6Block& block) noexcept {
  const std::size_t bytes = block.bits / 8;
  const unsigned rest = block.bits % 8;
  if (!std::equal(block.first.begin(), block.first.begin() + bytes, address.s6_addr)) return false;
  return rest == 0 || (address.s6_addr[bytes] ^ block.first[bytes]) >> (8 - rest) == 0;
}

in_addr CarriedAt(const in6_addr& address, std::size_t offset) noexcept {
  in_addr carried{};
  std::memcpy(&carried, address.s6_addr + offset, sizeof carried);
  return carried;
}

/// The address is seen from the translator, where loopback is the translator itself.
AddressScope BehindTranslator(AddressScope carried) noexcept {
  return carried == AddressScope::kPublic ? carried : AddressScope::kOther;
}

}  // namespace

AddressScope ScopeOf(const in_addr& address) noexcept {
  const std::uint32_t host = ntohl(address.s_addr);
  if (host >> 24U == 127) return AddressScope::kLoopback;
  const bool special = std::any_of(std::begin(kSpecialIpv4), std::end(kSpecialIpv4),
                                   [host](const Ipv4Block& block) { return IsIn(host, block); });
  return special ? AddressScope::kOther : AddressScope::kPublic;
}

AddressScope ScopeOf(const in6_addr& address) noexcept {
  if (IN6_IS_ADDR_LOOPBACK(&address)) return AddressScope::kLoopback;
  if (IsIn(address, kMapped)) return ScopeOf(CarriedAt(address, 12));
  if (IsIn(address, kNat64)) return BehindTranslator(ScopeOf(CarriedAt(address, 12)));
  if (IsIn(address, k6to4)) return BehindTranslator(ScopeOf(CarriedAt(address, 2)));
  if (!IsIn(address, kGlobal)) return AddressScope::kOther;
  const bool special =
      std::any_of(std::begin(kSpecialIpv6), std::end(kSpecialIpv6),
                  [&address](const Ipv6Block& block) { return IsIn(address, block); });
  return special ? AddressScope::kOther : AddressScope::kPublic;
}

AddressScope ScopeOf(const sockaddr& address, socklen_t size) noexcept {
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return ScopeOf(four.sin_addr);
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    return ScopeOf(six.sin6_addr);
  }
  return AddressScope::kOther;
}

}  // namespace vcache::net
