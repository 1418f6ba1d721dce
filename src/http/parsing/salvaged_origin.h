#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::http {

/// The `Origin` in what has arrived of a head that is refused, broken, too large or not whole.
/// Without it a browser would show its page a CORS error in place of the refusal. Empty when no
/// whole line has it, when two do, or when its value holds a control character. Linear, never
/// throws but for a lack of memory.
std::optional<std::string> SalvageOrigin(std::string_view received);

}  // namespace vcache::http
