#pragma once

#include <string_view>

namespace vcache::net {

/// A URL as log lines show it: `scheme://host:port`. What stands behind may be a token. The URL is
/// one without a user, as the configuration takes no other; the view lives as long as its text.
inline std::string_view ShownAddress(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

}  // namespace vcache::net
