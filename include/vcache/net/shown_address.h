#pragma once

#include <string_view>

namespace vcache::net {

/// A URL for log lines: `scheme://host:port`. Its path may hold a token. The URL must have no user,
/// as configuration ensures. The view lives as long as its text.
inline std::string_view ShownAddress(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

}  // namespace vcache::net
