#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/bytes.h"

namespace vcache {

/// The value of a hexadecimal digit of either case; -1 for other characters.
constexpr int HexValue(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool IsLowerHex(char c) noexcept {
  return HexValue(c) >= 0 && !(c >= 'A' && c <= 'F');
}
/// True for an empty text.
constexpr bool AreLowerHex(std::string_view text) noexcept {
  for (const char c : text) {
    if (!IsLowerHex(c)) return false;
  }
  return true;
}

/// Two lower-case digits for each byte.
std::string ToHex(ByteView bytes);

/// `%` and two upper-case digits.
std::string PercentEscape(char c);
/// Escapes all but letters, digits, `-`, `.`, `_` and `~` (RFC 3986, section 2.3).
std::string PercentEncode(std::string_view text);
/// Decodes once, with `+` for a space in forms. Empty where two digits do not follow a `%`.
std::optional<std::string> PercentDecode(std::string_view text, bool form = false);

}  // namespace vcache
