#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vcache::http {

/// Parameters of a field such as Content-Type: lower-case names, unquoted values.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Parses `*( ";" [ name "=" ( token / quoted-string ) ] )`, in any order. Empty when malformed,
/// when a name is repeated (two readers could take different ones), or above 16 parameters.
///
/// Real clients need two exceptions to the grammar. An unquoted value may hold any visible
/// character except `;`, `"` and `\` (Java writes `boundary=----=_Part_1`). In quotes, a backslash
/// escapes only `"` and itself (old browsers send `filename="C:\photo.jpg"`).
std::optional<Parameters> ParseParameters(std::string_view text);

const std::string* FindParameter(const Parameters& parameters, std::string_view name) noexcept;

}  // namespace vcache::http
