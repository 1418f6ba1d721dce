#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vcache::http {

/// The parameters of a field such as Content-Type or Content-Disposition: names in lower case,
/// values without their quotes.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Parses `*( ";" [ name "=" ( token / quoted-string ) ] )`, in any order. Empty when malformed,
/// when a name is repeated (two readers would take different ones) or when there are more than 16.
///
/// More lenient than the grammar in two ways that real clients need: an unquoted value may hold
/// any visible character but `;`, `"` and `\` (Java writes `boundary=----=_Part_1`), and in quotes
/// a backslash escapes only `"` and itself (old browsers send `filename="C:\photo.jpg"`).
std::optional<Parameters> ParseParameters(std::string_view text);

const std::string* FindParameter(const Parameters& parameters, std::string_view name) noexcept;

}  // namespace vcache::http
