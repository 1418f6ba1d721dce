#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vcache::config {

/// An absolute http or https URL in its parts.
struct Url {
  std::string scheme;  ///< `http` or `https`, lower case.
  std::string host;    ///< Lower case; an IPv6 address without its brackets.
  std::optional<std::uint16_t> port;
  std::string path;  ///< Empty, or from the first slash on.
  bool has_user = false;
  bool has_query = false;
  bool has_fragment = false;
};

/// Strict: printable ASCII, a host of letters, digits, `-`, `.` and `_` or an IPv6 address in
/// brackets, a port of 1 to 65535. Empty for everything else.
std::optional<Url> ParseUrl(std::string_view text);

/// `scheme://host[:port]` as browsers write an origin: without the scheme's own port.
std::string Origin(const Url& url);

/// `localhost`, 127.0.0.0/8 or ::1, and nothing that merely looks like one of these.
bool IsLoopbackHost(std::string_view host);

/// An IPv4 or IPv6 address, or a name that may be looked up.
bool IsHost(std::string_view text);

}  // namespace vcache::config
