#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcache::config {

struct Url {
  std::string scheme;  ///< `http` or `https`, lower case.
  std::string host;    ///< Lower case; an IPv6 address without its brackets.
  std::optional<std::uint16_t> port;
  std::string path;  ///< Empty, or from the first slash on.
  bool has_user = false;
  bool has_query = false;
  bool has_fragment = false;
};

/// Strict: printable ASCII; a host of letters, digits, `-`, `.` and `_`, or an IPv6 address in
/// brackets; a port of 1 to 65535. Empty for all else.
std::optional<Url> ParseUrl(std::string_view text);

/// `scheme://host[:port]` as browsers write an origin, without the scheme's default port.
std::string Origin(const Url& url);

/// Exactly `localhost`, 127.0.0.0/8 or ::1.
bool IsLoopbackHost(std::string_view host);

/// An IPv4 or IPv6 address, or a valid host name.
bool IsHost(std::string_view text);

}  // namespace vcache::config
