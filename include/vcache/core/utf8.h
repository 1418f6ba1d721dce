#pragma once

#include <cstddef>
#include <string_view>

namespace vcache {

/// The length of the well-formed UTF-8 sequence that begins at `at` (which is inside the text), 0
/// when there is none: RFC 3629, so no overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t Utf8SequenceLength(std::string_view text, std::size_t at) noexcept;

/// Whether the whole text is well-formed UTF-8.
bool IsUtf8(std::string_view text) noexcept;

}  // namespace vcache
