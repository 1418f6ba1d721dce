#pragma once

#include <cstddef>
#include <string_view>

namespace vcache {

/// The length of the well-formed UTF-8 sequence at `at`, which is inside the text; 0 if there is
/// none. RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t Utf8SequenceLength(std::string_view text, std::size_t at) noexcept;

/// The offset of the first malformed sequence, or the text's size.
std::size_t Utf8Prefix(std::string_view text) noexcept;

inline bool IsUtf8(std::string_view text) noexcept {
  return Utf8Prefix(text) == text.size();
}

}  // namespace vcache
