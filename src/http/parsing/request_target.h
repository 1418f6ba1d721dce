#pragma once

#include <string_view>

#include "http/parsing/request_head.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// Whether a `Host` value is `name[:port]`: letters, digits, `-._~`, or an IPv6 address in
/// brackets. Stricter than the standard's grammar, which allows commas and quotes that no name
/// on the net has; an empty host is refused (RFC 9110 section 4.2.1).
bool IsHost(std::string_view host) noexcept;

/// Checks the target as it stands in the request line and fills `target`, `path` and `query` of
/// `head`, whose `method` must be set (rule H2). The host of an absolute form (`http://host/path`)
/// is returned, since it counts in place of the `Host` field; empty for the others. It is a view
/// into `raw`.
Result<std::string_view> ReadTarget(std::string_view raw, RequestHead& head);

}  // namespace vcache::http
