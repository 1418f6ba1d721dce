#pragma once

#include <optional>
#include <string_view>

#include "vcache/core/result.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::http {

/// Collects the header lines of one part of a form. A plain value: one per part.
class PartHeadParser {
 public:
  /// One line without its CRLF, never empty. kBadRequest on anything malformed: a control
  /// character, a folded line, a repeated or unreadable Content-Disposition, encoded content.
  Result<void> AddLine(std::string_view line, std::size_t max_lines);

  /// After the empty line. kBadRequest when the part has no name.
  Result<PartHead> Take();

 private:
  Result<void> SetDisposition(std::string_view value);
  Result<void> SetContentType(std::string_view value);

  std::size_t lines_ = 0;
  std::optional<PartHead> head_;  // set by Content-Disposition
  std::optional<std::string> content_type_;
};

}  // namespace vcache::http
