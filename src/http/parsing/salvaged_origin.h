#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::http {

/// The `Origin` of a rejected head, which may be malformed, too large or incomplete. Without it a
/// browser would report a CORS error instead of the rejection. Empty when no complete line has it,
/// when two do, or when its value holds a control character. Linear; throws only std::bad_alloc.
std::optional<std::string> SalvageOrigin(std::string_view received);

}  // namespace vcache::http
