#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace vcache {

/// Reads all of `text` as a decimal number. Empty for anything else: no digits, blanks, a plus
/// sign, trailing text, a number too large for the type. Signed types accept a minus sign.
template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) noexcept {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace vcache
