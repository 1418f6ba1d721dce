// Request heads, and what is read out of targets and field values: rules H2, H3, H12.

#include <algorithm>
#include <string>

#include "fuzz/fuzz_target.h"
#include "http/parsing/request_head.h"
#include "vcache/core/hex.h"
#include "vcache/http/parsing/multipart.h"

using namespace vcache;
using namespace vcache::http;
using vcache::fuzz::Require;

namespace {

/// A head that arrives byte by byte ends where the whole one does.
void CheckEnd(std::string_view input) {
  const auto end = FindHeadEnd(input);
  for (std::size_t length = 1; length <= input.size(); ++length) {
    const auto found = FindHeadEnd(input.substr(0, length), length - 1);
    Require(found.has_value() == (end && length >= *end), "FindHeadEnd does not depend on pieces");
    if (found) {
      Require(found == end, "FindHeadEnd finds the same end");
      return;
    }
  }
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

void CheckAccepted(const RequestHead& head) {
  Require(head.path == "*" || head.path.starts_with('/'), "a path begins with a slash");
  Require(head.path.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos,
          "a path holds no NUL and no line break");
  Require(!HasControl(head.target) && head.target.find(' ') == std::string::npos,
          "a target is visible characters");
  Require(head.headers.Count("Host") == 1 || (!head.http_1_1 && head.headers.Count("Host") == 0),
          "there is one Host");
  const std::size_t lengths = head.headers.Count("Content-Length");
  const std::size_t codings = head.headers.Count("Transfer-Encoding");
  Require(lengths + codings == (head.framing == BodyFraming::kNone ? 0U : 1U), "one way to frame");
  Require((codings == 1) == (head.framing == BodyFraming::kChunked), "chunked where announced");
  Require(head.method != "GET" || head.content_length == 0, "GET announces no bytes");
  for (const auto& [name, value] : head.headers.fields()) {
    Require(!name.empty() && !HasControl(name) && !HasControl(value), "fields hold no controls");
  }
}

std::string Serialized(const RequestHead& head) {
  std::string text = head.method + " " + head.target + (head.http_1_1 ? " HTTP/1.1" : " HTTP/1.0");
  for (const auto& [name, value] : head.headers.fields()) text += "\r\n" + name + ": " + value;
  return text + "\r\n\r\n";
}

/// What was understood, written down again, is understood alike.
void CheckRoundTrip(const RequestHead& head) {
  HeadLimits limits;
  limits.max_bytes *= 2;  // blanks and an absolute form's Host may be added
  limits.max_fields += 1;
  const auto again = ParseRequestHead(Serialized(head), limits);
  Require(again.has_value(), "a serialized head is accepted");
  Require(again->method == head.method && again->path == head.path && again->query == head.query &&
              again->headers.fields() == head.headers.fields() && again->framing == head.framing &&
              again->content_length == head.content_length &&
              again->keep_alive == head.keep_alive &&
              again->expects_continue == head.expects_continue,
          "a serialized head means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  CheckEnd(input);
  const std::size_t end = FindHeadEnd(input).value_or(input.size());
  if (const auto head = ParseRequestHead(input.substr(0, end), {})) {
    CheckAccepted(*head);
    CheckRoundTrip(*head);
  }
  const auto decoded = PercentDecode(input);
  Require(!decoded || decoded->size() <= input.size(), "decoding never adds");
  (void)FormValue(input, "text");
  (void)ParseMediaTypeHeader(input);
  return 0;
}
