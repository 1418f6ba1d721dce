#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/error.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::http {

struct HeadLimits {
  std::size_t max_bytes = 16 * 1024;
  std::size_t max_fields = 64;
  std::size_t max_target_bytes = 2 * 1024;
};

/// How the body of a request ends: exactly one way (rule H3).
enum class BodyFraming { kNone, kLength, kChunked };

/// A request line and its header fields, checked (rules H2 and H3, RFC 9112).
struct RequestHead {
  std::string method;
  std::string target;  ///< In origin form: `/path?query`, or `*` with OPTIONS.
  std::string path;    ///< Percent-decoded once.
  std::string query;
  bool http_1_1 = true;
  Headers headers;
  BodyFraming framing = BodyFraming::kNone;
  std::uint64_t content_length = 0;  ///< With kLength.
  bool expects_continue = false;     ///< HTTP/1.1 with a body only; other expectations are ignored.
  bool keep_alive = true;            ///< What the client wants.
};

/// The error of a head over its limit, complete or not.
Error HeadTooLarge(std::size_t max_bytes);

/// Where the head ends in `received` (behind the empty line), or nothing when it is not complete.
/// Looks only for the end; linear in `received` from `from` (what was searched before). An empty
/// line that ends in a bare LF is an end too: the parser refuses such a head at once.
std::optional<std::size_t> FindHeadEnd(std::string_view received, std::size_t from = 0) noexcept;

/// Parses a complete head, its last empty line included. Never throws. One empty line in front is
/// ignored (RFC 9112 section 2.2); versions other than HTTP/1.0 and 1.1 are kBadRequest; the host
/// of an absolute target replaces the `Host` field.
/// Errors: kBadRequest, kHeadTooLarge, kNotImplemented (unknown transfer coding),
/// kUnsupportedMediaType (a Content-Encoding other than identity). The message names the rule
/// broken and never quotes the input. After any of them the connection must be closed.
Result<RequestHead> ParseRequestHead(std::string_view head, const HeadLimits& limits);

}  // namespace vcache::http
