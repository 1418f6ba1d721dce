#include "http/parsing/content_disposition.h"

#include <algorithm>

#include "http/parsing/field_syntax.h"
#include "http/parsing/parameters.h"
#include "vcache/core/hex.h"
#include "vcache/core/utf8.h"
#include "vcache/http/parsing/message.h"

namespace vcache::http {
namespace {

/// The name after the last slash or backslash: a client's folders must not reach the service.
std::string WithoutPath(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  return name == "." || name == ".." ? std::string() : std::string(name);
}

std::string DecodeQuotes(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool quote = text.substr(i, 3) == "%22";
    decoded += quote ? '"' : text[i];
    if (quote) i += 2;
  }
  return decoded;
}

/// RFC 8187 requires more escaping than clients do: encodeURIComponent leaves `!'()*`, others leave
/// blanks or UTF-8 letters. Accept all except slashes, which every such client escapes.
bool IsExtendedChar(char c) noexcept {
  return c != '/' && c != '\\' && !IsControl(c);
}

/// `UTF-8'language'percent-encoded` (RFC 8187 section 3.2), without control characters inside.
std::optional<std::string> DecodeExtended(std::string_view value) {
  const std::size_t charset_end = value.find('\'');
  if (charset_end == std::string_view::npos) return std::nullopt;
  if (!EqualsIgnoringCase(value.substr(0, charset_end), "UTF-8")) return std::nullopt;
  value.remove_prefix(charset_end + 1);
  const std::size_t language_end = value.find('\'');
  if (language_end == std::string_view::npos) return std::nullopt;
  value.remove_prefix(language_end + 1);
  if (!std::all_of(value.begin(), value.end(), IsExtendedChar)) return std::nullopt;
  std::optional<std::string> decoded = PercentDecode(value);
  if (!decoded || decoded->empty() || HasControl(*decoded) || !IsUtf8(*decoded)) {
    return std::nullopt;
  }
  return decoded;
}

std::optional<std::string> FileName(const Parameters& parameters) {
  const std::string* extended = FindParameter(parameters, "filename*");
  const std::string* plain = FindParameter(parameters, "filename");
  if (extended != nullptr) {
    if (const auto decoded = DecodeExtended(*extended)) return WithoutPath(*decoded);
    if (plain == nullptr) return std::string();  // a file without a name
  }
  if (plain == nullptr) return std::nullopt;
  return WithoutPath(DecodeQuotes(*plain));
}

}  // namespace

std::optional<ContentDisposition> ParseContentDisposition(std::string_view value) {
  const std::size_t semicolon = std::min(value.find(';'), value.size());
  if (!EqualsIgnoringCase(TrimBlanks(value.substr(0, semicolon)), "form-data")) {
    return std::nullopt;
  }
  const std::optional<Parameters> parameters = ParseParameters(value.substr(semicolon));
  if (!parameters) return std::nullopt;
  const std::string* name = FindParameter(*parameters, "name");
  if (name == nullptr) return std::nullopt;
  return ContentDisposition{DecodeQuotes(*name), FileName(*parameters)};
}

}  // namespace vcache::http
