#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::http {

/// What a part of a form is called (RFC 7578 section 4.2).
struct ContentDisposition {
  std::string name;
  /// Set for files, and without any path; empty when no usable name came.
  std::optional<std::string> file_name;
};

/// Parses `form-data; name="..."; filename="..."`. Empty when it is another disposition, malformed,
/// names a parameter twice, or has no `name`.
///
/// A valid `filename*` (RFC 8187, UTF-8, with more characters unescaped than that allows) wins over
/// `filename`. In the plain ones `%22` is a quote,
/// which is how browsers write it; their `%0D` and `%0A` stay as they are, so that no name ever
/// holds a line break.
std::optional<ContentDisposition> ParseContentDisposition(std::string_view value);

}  // namespace vcache::http
