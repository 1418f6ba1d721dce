#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcache::config {

/// Without spaces, tabs and line ends at both ends.
std::string_view Trim(std::string_view text) noexcept;
std::string LowerCase(std::string_view text);

/// Decimal digits and nothing else, up to 2^63 - 1; empty otherwise, also on overflow.
std::optional<std::int64_t> ParseWhole(std::string_view text) noexcept;

/// US dollars as `12`, `12.5` or `0.000001` (at most six places) in millionths, exactly.
std::optional<std::int64_t> ParseUsd(std::string_view text) noexcept;
/// The shortest text that `ParseUsd` reads as `micros`.
std::string FormatUsd(std::int64_t micros);

/// The parts between commas, trimmed; empty when one of them is (`a,,b`).
std::optional<std::vector<std::string>> ParseList(std::string_view text);
std::string JoinList(const std::vector<std::string>& parts);

/// Printable ASCII without spaces.
bool IsVisibleAscii(std::string_view text) noexcept;
/// What names header fields and form fields (RFC 9110 section 5.6.2).
bool IsToken(std::string_view text) noexcept;
/// A file or folder: anything without control characters.
bool IsPath(std::string_view text) noexcept;
/// What goes into a header or a form field as it is: up to 512 of those characters.
bool IsCredential(std::string_view text) noexcept;

}  // namespace vcache::config
