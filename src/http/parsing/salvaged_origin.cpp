#include "http/parsing/salvaged_origin.h"

#include "http/parsing/field_syntax.h"

namespace vcache::http {

std::optional<std::string> SalvageOrigin(std::string_view received) {
  std::optional<std::string> origin;
  bool fields = false;  // after the request line
  for (std::size_t end = 0; (end = received.find('\n')) != std::string_view::npos;) {
    std::string_view line = received.substr(0, end);
    received.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() && fields) break;  // the body follows
    const std::size_t colon = line.find(':');
    if (fields && colon != std::string_view::npos &&
        EqualsIgnoringCase(line.substr(0, colon), "Origin")) {
      const std::string_view value = TrimBlanks(line.substr(colon + 1));
      if (origin || HasControl(value)) return std::nullopt;
      origin = value;
    }
    fields = fields || !line.empty();
  }
  return origin;
}

}  // namespace vcache::http
