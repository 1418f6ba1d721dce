#include "http/parsing/request_framing.h"

#include "http/parsing/field_syntax.h"
#include "http/parsing/malformed.h"
#include "vcache/core/parse_number.h"

namespace vcache::http {
namespace {

constexpr std::size_t kMaxLengthDigits = 19;

/// Digits only: with a sign, a list (`5, 5`) or a blank, two readers may see different requests.
std::optional<std::uint64_t> ParseLength(std::string_view digits) noexcept {
  if (digits.size() > kMaxLengthDigits) return std::nullopt;
  return ParseNumber<std::uint64_t>(digits);
}

/// Whether a transfer coding other than plain `chunked` is well formed: names separated by commas,
/// with `chunked` only at the end. If so it is unknown; otherwise it is an attack.
bool IsOtherCoding(std::string_view codings) noexcept {
  bool chunked_seen = false;
  for (bool last = false; !last;) {
    last = codings.find(',') == std::string_view::npos;
    const std::string_view coding = TakeListElement(codings);
    if (!IsToken(coding) || chunked_seen) return false;
    chunked_seen = EqualsIgnoringCase(coding, "chunked");
  }
  return true;
}

Result<void> ReadTransferEncoding(RequestHead& head) {
  if (head.headers.Count("Transfer-Encoding") > 1) {
    return Malformed("Transfer-Encoding is repeated.");
  }
  if (head.headers.Count("Content-Length") > 0) {
    return Malformed("Content-Length and Transfer-Encoding exclude each other.");
  }
  if (!head.http_1_1) return Malformed("Transfer-Encoding does not exist in HTTP/1.0.");
  const std::string_view coding = *head.headers.Get("Transfer-Encoding");
  if (EqualsIgnoringCase(coding, "chunked")) {
    head.framing = BodyFraming::kChunked;
    return {};
  }
  if (!IsOtherCoding(coding)) return Malformed("Transfer-Encoding is malformed.");
  return Error{ErrorCode::kNotImplemented, "The only transfer coding spoken here is chunked."};
}

Result<void> ReadContentLength(RequestHead& head) {
  if (head.headers.Count("Content-Length") > 1) return Malformed("Content-Length is repeated.");
  const auto length = ParseLength(*head.headers.Get("Content-Length"));
  if (!length) return Malformed("Content-Length is not a number of at most 19 digits.");
  head.framing = BodyFraming::kLength;
  head.content_length = *length;
  return {};
}

}  // namespace

bool HasBody(const RequestHead& head) noexcept {
  return head.framing == BodyFraming::kChunked || head.content_length > 0;
}

bool TakesNoBody(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

Error BodyNotTaken() {
  return Malformed("This method takes no body.");
}

Result<void> ReadFraming(RequestHead& head) {
  Result<void> read;
  if (head.headers.Count("Transfer-Encoding") > 0) {
    read = ReadTransferEncoding(head);
  } else if (head.headers.Count("Content-Length") > 0) {
    read = ReadContentLength(head);
  }
  if (!read) return read;
  // Proxies and Java's client announce chunks and send none: the body's reader decides.
  if (TakesNoBody(head.method) && head.content_length > 0) return BodyNotTaken();
  return {};
}

void ReadConnectionOptions(RequestHead& head) {
  bool close = false;
  bool keep_alive = head.http_1_1;
  for (std::string_view options : head.headers.GetAll("Connection")) {
    while (!options.empty()) {
      const std::string_view option = TakeListElement(options);
      close |= EqualsIgnoringCase(option, "close");
      keep_alive |= EqualsIgnoringCase(option, "keep-alive");
    }
  }
  head.keep_alive = keep_alive && !close;
  // A client that announces no body waits for no `100 Continue` (RFC 9110 section 10.1.1).
  head.expects_continue = head.http_1_1 && HasBody(head) && head.headers.Count("Expect") == 1 &&
                          EqualsIgnoringCase(*head.headers.Get("Expect"), "100-continue");
}

Result<void> CheckContentEncoding(const RequestHead& head) {
  for (const std::string_view coding : head.headers.GetAll("Content-Encoding")) {
    if (EqualsIgnoringCase(coding, "identity")) continue;
    return Error{ErrorCode::kUnsupportedMediaType,
                 "Send the body without Content-Encoding: it is read as it is."};
  }
  return {};
}

}  // namespace vcache::http
