#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace vcache {

/// The number that all of `text` is, in decimal; nothing for anything else: empty, with blanks or a
/// plus sign, with more behind it, too large for the type. A minus sign is taken by signed types.
template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) noexcept {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace vcache
