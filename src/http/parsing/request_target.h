#pragma once

#include <string_view>

#include "http/parsing/request_head.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// Whether a `Host` value is `name[:port]`: letters, digits, `-._~`, or an IPv6 address in
/// brackets. Stricter than RFC 9110 section 4.2.1: no commas, quotes or empty host.
bool IsHost(std::string_view host) noexcept;

/// Checks the target of the request line and fills `target`, `path` and `query` of `head`, whose
/// `method` must be set (rule H2). Returns the host of an absolute form (`http://host/path`), which
/// overrides the `Host` field; empty for other forms. It is a view into `raw`.
Result<std::string_view> ReadTarget(std::string_view raw, RequestHead& head);

}  // namespace vcache::http
