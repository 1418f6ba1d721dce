#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::http {

/// The name of a form part (RFC 7578 section 4.2).
struct ContentDisposition {
  std::string name;
  /// Set for files, without any path; empty when no usable name arrived.
  std::optional<std::string> file_name;
};

/// Parses `form-data; name="..."; filename="..."`. Empty for another disposition, malformed input,
/// a repeated parameter or no `name`.
///
/// A valid `filename*` wins over `filename`. It follows RFC 8187 in UTF-8, with more characters
/// unescaped. In plain values `%22` is a quote, because browsers write it so; `%0D` and `%0A` stay,
/// so a name never holds a line break.
std::optional<ContentDisposition> ParseContentDisposition(std::string_view value);

}  // namespace vcache::http
