#include "http/parsing/part_head_parser.h"

#include "http/parsing/content_disposition.h"
#include "http/parsing/field_syntax.h"
#include "http/parsing/malformed.h"

namespace vcache::http {
namespace {

/// The codings that leave the bytes unchanged. Forms may not use others (RFC 7578 section 4.7), and
/// the hash of an encoded file would identify another content.
bool LeavesBytesAlone(std::string_view coding) noexcept {
  return EqualsIgnoringCase(coding, "binary") || EqualsIgnoringCase(coding, "8bit") ||
         EqualsIgnoringCase(coding, "7bit");
}

}  // namespace

Result<void> PartHeadParser::AddLine(std::string_view line, std::size_t max_lines) {
  if (++lines_ > max_lines) return Malformed("It has too many header lines.");
  if (IsBlank(line.front())) return Malformed("A header line is folded.");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Malformed("A header line has no colon.");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  if (!IsToken(name)) return Malformed("The name of a header is not a token.");
  if (HasControl(value)) return Malformed("A header line holds a control character.");

  if (EqualsIgnoringCase(name, "Content-Disposition")) return SetDisposition(value);
  if (EqualsIgnoringCase(name, "Content-Type")) return SetContentType(value);
  if (EqualsIgnoringCase(name, "Content-Transfer-Encoding") && !LeavesBytesAlone(value)) {
    return Malformed("Its content must be sent as it is, without transfer encoding.");
  }
  return {};
}

Result<void> PartHeadParser::SetDisposition(std::string_view value) {
  if (head_) return Malformed("It has two Content-Disposition lines.");
  auto disposition = ParseContentDisposition(value);
  if (!disposition) {
    return Malformed("Its Content-Disposition is not form-data with one name.");
  }
  head_ = PartHead{std::move(disposition->name), std::move(disposition->file_name), ""};
  return {};
}

Result<void> PartHeadParser::SetContentType(std::string_view value) {
  if (content_type_) return Malformed("It has two Content-Type lines.");
  content_type_ = value;
  return {};
}

Result<PartHead> PartHeadParser::Take() {
  if (!head_) return Malformed("It has no Content-Disposition.");
  head_->content_type = std::move(content_type_).value_or("");
  return *std::move(head_);
}

}  // namespace vcache::http
