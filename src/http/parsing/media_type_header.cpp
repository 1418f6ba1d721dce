#include <algorithm>

#include "http/parsing/field_syntax.h"
#include "http/parsing/parameters.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::http {

std::optional<MediaTypeHeader> ParseMediaTypeHeader(std::string_view value) {
  value = TrimBlanks(value);
  const std::size_t semicolon = std::min(value.find(';'), value.size());
  const std::string_view type = TrimBlanks(value.substr(0, semicolon));
  const std::size_t slash = std::min(type.find('/'), type.size());
  if (!IsToken(type.substr(0, slash)) || slash == type.size() || !IsToken(type.substr(slash + 1))) {
    return std::nullopt;
  }
  const std::optional<Parameters> parameters = ParseParameters(value.substr(semicolon));
  if (!parameters) return std::nullopt;

  MediaTypeHeader header;
  header.type = ToLower(type);
  if (const auto* boundary = FindParameter(*parameters, "boundary")) header.boundary = *boundary;
  if (const auto* charset = FindParameter(*parameters, "charset")) header.charset = *charset;
  return header;
}

}  // namespace vcache::http
