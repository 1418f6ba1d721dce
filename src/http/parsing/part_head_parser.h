#pragma once

#include <optional>
#include <string_view>

#include "vcache/core/result.h"
#include "vcache/http/parsing/multipart.h"

namespace vcache::http {

/// Collects the header lines of one form part; use one instance per part.
class PartHeadParser {
 public:
  /// Adds one non-empty line without its CRLF. Error: kBadRequest for a control character, a folded
  /// line, a repeated or malformed Content-Disposition, or encoded content.
  Result<void> AddLine(std::string_view line, std::size_t max_lines);

  /// Call it at the empty line. Error: kBadRequest when the part has no name.
  Result<PartHead> Take();

 private:
  Result<void> SetDisposition(std::string_view value);
  Result<void> SetContentType(std::string_view value);

  std::size_t lines_ = 0;
  std::optional<PartHead> head_;  // set by Content-Disposition
  std::optional<std::string> content_type_;
};

}  // namespace vcache::http
