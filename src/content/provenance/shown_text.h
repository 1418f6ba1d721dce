#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::content {

/// What somebody else wrote, fit to be shown: well-formed UTF-8 of at most `max_bytes`, without
/// control characters and those that turn the direction of writing, nor blanks at its ends. What
/// was dropped or malformed is a space.
std::string ShownText(std::string_view text, std::size_t max_bytes);

}  // namespace vcache::content
