#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcache {

/// A numeric address, IPv4 or IPv6. An IPv4 address within IPv6 (`::ffff:192.0.2.1`) is the IPv4
/// address.
class IpAddress {
 public:
  /// Dotted or colon notation, without port, brackets or zone; empty for anything else.
  static std::optional<IpAddress> Parse(std::string_view text);

  /// The usual spelling, the same for all spellings of one address.
  std::string Text() const;
  /// What limits count by: the IPv4 address, or the /64 network. One customer of a provider has
  /// a whole one: a limit on single addresses would have no effect.
  std::string Group() const;
  bool is_v4() const noexcept { return is_v4_; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class IpNetwork;
  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address in the first four
  bool is_v4_ = false;
};

/// An address, or all with the same first bits: `10.0.0.0/8`, `2001:db8::/32`.
class IpNetwork {
 public:
  /// Empty for anything else, also when bits behind the length are set: one of both is a mistake.
  static std::optional<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const noexcept;
  std::string Text() const;

 private:
  IpAddress first_{};
  unsigned bits_ = 0;
};

}  // namespace vcache
