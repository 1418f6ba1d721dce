#include "content/packet_parsers.h"

namespace vcache::content {
namespace {

/// Where the tag that begins at `at` ends; a `>` within quotes is none. Counts attributes.
std::size_t TagEnd(std::string_view text, std::size_t at, int& marks) {
  char quote = '\0';
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '=') {
      ++marks;
    } else if (c == '>') {
      return at;
    }
  }
  return std::string_view::npos;
}

/// Behind the end mark of what begins at `at`; npos without one.
std::size_t Behind(std::string_view text, std::size_t at, std::string_view mark) {
  const std::size_t end = text.find(mark, at);
  return end == std::string_view::npos ? end : end + mark.size();
}

}  // namespace

bool IsHarmlessXml(std::string_view text) {
  // UTF-16 and UTF-32 would hide the marks below from us; every ASCII mark in them has a NUL.
  if (text.find('\0') != std::string_view::npos) return false;
  int depth = 0;
  int marks = 0;
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at)) {
    const std::string_view rest = text.substr(at);
    if (++marks > kMaxXmlMarks) return false;
    if (rest.starts_with("<?")) {
      at = Behind(text, at, "?>");
      continue;
    }
    if (rest.starts_with("<!--")) {
      at = Behind(text, at + 4, "-->");
      continue;
    }
    if (rest.starts_with("<!")) return false;
    const std::size_t end = TagEnd(text, at + 1, marks);
    if (end == std::string_view::npos) return false;
    if (rest.starts_with("</")) {
      --depth;
    } else if (text[end - 1] != '/') {
      ++depth;
    }
    if (depth > kMaxXmlDepth || marks > kMaxXmlMarks) return false;
    at = end;
  }
  return true;
}

}  // namespace vcache::content
