#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::content {

/// A foreign text, made safe to display: well-formed UTF-8 of at most `max_bytes`, without control
/// characters, direction marks and outer blanks. A space replaces each character dropped.
std::string ShownText(std::string_view text, std::size_t max_bytes);

}  // namespace vcache::content
