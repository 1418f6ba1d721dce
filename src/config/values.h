#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcache::config {

/// Trims spaces, tabs and line ends.
std::string_view Trim(std::string_view text) noexcept;

/// Only decimal digits, up to 2^63 - 1; empty otherwise, also on overflow.
std::optional<std::int64_t> ParseWhole(std::string_view text) noexcept;

/// The trimmed parts between commas; empty when a part is (`a,,b`).
std::optional<std::vector<std::string>> ParseList(std::string_view text);
std::string JoinList(const std::vector<std::string>& parts);

/// A name of header fields and form fields (RFC 9110 section 5.6.2).
bool IsToken(std::string_view text) noexcept;
/// A path of a file or folder: any text without control characters.
bool IsPath(std::string_view text) noexcept;
/// A value that is safe in a header or a form field: at most 512 characters of visible ASCII.
bool IsCredential(std::string_view text) noexcept;

}  // namespace vcache::config
