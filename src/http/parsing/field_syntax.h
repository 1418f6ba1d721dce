#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "vcache/core/ascii.h"

/// The character classes of RFC 9110 section 5 as table look-ups: no locale, no regex (rule H12).
namespace vcache::http {

inline constexpr bool IsBlank(char c) noexcept {
  return c == ' ' || c == '\t';
}

/// A control character other than HTAB; HTTP text may not contain one (rule H2).
inline constexpr bool IsControl(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

namespace detail {
inline constexpr auto kTokenChars = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = IsDigit(c) || IsAlpha(c);
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();
}  // namespace detail

inline constexpr bool IsTokenChar(char c) noexcept {
  return detail::kTokenChars[static_cast<unsigned char>(c)];
}
inline constexpr bool IsToken(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}
inline constexpr bool HasControl(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), IsControl);
}

/// Trims spaces and tabs at both ends (the standard's OWS).
inline constexpr std::string_view TrimBlanks(std::string_view text) noexcept {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// Removes the first element of a comma list and trims it. These lists hold no quoted strings.
inline constexpr std::string_view TakeListElement(std::string_view& list) noexcept {
  const std::size_t comma = list.find(',');
  const std::string_view element = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return TrimBlanks(element);
}

}  // namespace vcache::http
