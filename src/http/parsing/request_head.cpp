#include "http/parsing/request_head.h"

#include <algorithm>

#include "http/parsing/field_syntax.h"
#include "http/parsing/malformed.h"
#include "http/parsing/request_framing.h"
#include "http/parsing/request_target.h"

namespace vcache::http {
namespace {

constexpr std::size_t kMaxMethodBytes = 32;
constexpr std::string_view kLineEnd = "\r\n";

Error OverLimit(std::string message) {
  return Error{ErrorCode::kHeadTooLarge, std::move(message)};
}

/// Removes the first line of `rest` and returns it without its CRLF. The caller rejects other CRs.
Result<std::string_view> TakeLine(std::string_view& rest) {
  const std::size_t feed = rest.find('\n');
  if (feed == std::string_view::npos) return Malformed("The head ends within a line.");
  if (feed == 0 || rest[feed - 1] != '\r') return Malformed("A line ends without CR.");
  const std::string_view line = rest.substr(0, feed - 1);
  rest.remove_prefix(feed + 1);
  return line;
}

/// `METHOD SP target SP HTTP/1.x`, one space each. Returns the target.
Result<std::string_view> ReadRequestLine(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Malformed("The request line is not method, target and version.");
  }
  const std::string_view method = line.substr(0, first);
  if (!IsToken(method)) return Malformed("The method is not a token.");
  if (method.size() > kMaxMethodBytes) return Malformed("No method is that long.");
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Malformed("Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  }
  head.method = method;
  head.http_1_1 = version.back() == '1';
  return line.substr(first + 1, last - first - 1);
}

Result<void> ReadField(std::string_view line, Headers& headers) {
  if (IsBlank(line.front())) return Malformed("A header field is folded over several lines.");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Malformed("A header field has no colon.");
  const std::string_view name = line.substr(0, colon);
  // Also rejects a space before the colon: readers differ in whether it belongs to the name.
  if (!IsToken(name)) return Malformed("The name of a header field is not a token.");
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  if (HasControl(value)) return Malformed("A header field holds a control character.");
  headers.Add(std::string(name), std::string(value));
  return {};
}

Result<void> ReadFields(std::string_view rest, std::size_t max_fields, Headers& headers) {
  for (std::size_t fields = 0;; ++fields) {
    const auto line = TakeLine(rest);
    if (!line) return line.error();
    if (line->empty()) break;
    if (fields == max_fields) {
      return OverLimit("The request has more than " + std::to_string(max_fields) +
                       " header fields, the most that are accepted.");
    }
    if (const auto read = ReadField(*line, headers); !read) return read;
  }
  if (!rest.empty()) return Malformed("Something follows the head.");
  return {};
}

/// Requires exactly one valid `Host`; HTTP/1.0 may omit it. `authority`, the host of an absolute
/// target, overrides the field (RFC 9112 section 3.2.2).
Result<void> CheckHost(std::string_view authority, RequestHead& head) {
  const std::size_t hosts = head.headers.Count("Host");
  if (hosts > 1) return Malformed("Host is repeated.");
  if (hosts == 0 && head.http_1_1) return Malformed("Host is missing.");
  if (hosts == 1 && !IsHost(*head.headers.Get("Host"))) {
    return Malformed("Host is not the name of a host.");
  }
  if (!authority.empty()) head.headers.Set("Host", std::string(authority));
  return {};
}

/// Of two types, one reader would take the first and another the last.
Result<void> CheckContentType(const RequestHead& head) {
  if (head.headers.Count("Content-Type") > 1) return Malformed("Content-Type is repeated.");
  return {};
}

}  // namespace

Error HeadTooLarge(std::size_t max_bytes) {
  return {.code = ErrorCode::kHeadTooLarge,
          .message = "The request line and header fields are larger than " +
                     std::to_string(max_bytes) + " bytes, the most that is accepted."};
}

std::optional<std::size_t> FindHeadEnd(std::string_view received, std::size_t from) noexcept {
  // The end may begin in the part already searched: LF CR | LF.
  std::size_t at = from > 2 ? from - 2 : 0;
  while ((at = received.find('\n', at)) != std::string_view::npos) {
    const std::string_view behind = received.substr(++at);
    if (behind.starts_with(kLineEnd)) return at + 2;
    // An empty line without CR is invalid: let the parser reject it now, before a timeout does.
    if (behind.starts_with('\n')) return at + 1;
  }
  return std::nullopt;
}

Result<RequestHead> ParseRequestHead(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.max_bytes) return HeadTooLarge(limits.max_bytes);
  // Ignores one empty line before the request line, which old clients send (RFC 9112 section 2.2).
  std::string_view rest = head;
  if (rest.starts_with(kLineEnd)) rest.remove_prefix(kLineEnd.size());

  RequestHead parsed;
  const auto line = TakeLine(rest);
  if (!line) return line.error();
  const auto target = ReadRequestLine(*line, parsed);
  if (!target) return target.error();
  if (target->size() > limits.max_target_bytes) {
    return OverLimit("The request target is longer than " +
                     std::to_string(limits.max_target_bytes) +
                     " bytes, the most that is accepted.");
  }
  const auto authority = ReadTarget(*target, parsed);
  if (!authority) return authority.error();
  if (auto read = ReadFields(rest, limits.max_fields, parsed.headers); !read) return read.error();
  if (auto read = CheckHost(*authority, parsed); !read) return read.error();
  if (auto read = ReadFraming(parsed); !read) return read.error();
  if (auto read = CheckContentEncoding(parsed); !read) return read.error();
  if (auto read = CheckContentType(parsed); !read) return read.error();
  ReadConnectionOptions(parsed);
  return parsed;
}

}  // namespace vcache::http
