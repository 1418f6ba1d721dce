#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "content/octets.h"

namespace vcache::content {

/// The length of the sequence of two to four bytes at `at`, 0 when it is not well formed: RFC 3629
/// bounds the second byte more tightly after E0, ED, F0 and F4, which is what excludes overlong
/// forms, surrogates and everything above U+10FFFF.
inline std::size_t Utf8SequenceLength(std::string_view text, std::size_t at) {
  const unsigned char lead = Octet(text, at);
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() - at < length) return 0;
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (Octet(text, at + 1) < low || Octet(text, at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((Octet(text, at + i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

/// What somebody else wrote, fit to be shown: well-formed UTF-8 of at most `max_bytes`, without
/// control characters and those that turn the direction of writing, nor blanks at its ends. What
/// was dropped or malformed is a space.
std::string ShownText(std::string_view text, std::size_t max_bytes);

}  // namespace vcache::content
