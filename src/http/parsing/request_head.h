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

/// How the body of a request ends (rule H3).
enum class BodyFraming { kNone, kLength, kChunked };

/// A checked request line with its header fields (rules H2 and H3, RFC 9112).
struct RequestHead {
  std::string method;
  std::string target;  ///< Origin form: `/path?query`, or `*` with OPTIONS.
  std::string path;    ///< Percent-decoded once.
  std::string query;
  bool http_1_1 = true;
  Headers headers;
  BodyFraming framing = BodyFraming::kNone;
  std::uint64_t content_length = 0;  ///< For kLength.
  bool expects_continue = false;     ///< Only for HTTP/1.1 with a body.
  bool keep_alive = true;            ///< What the client wants.
};

Error HeadTooLarge(std::size_t max_bytes);

/// The offset after the head's empty line; empty while the head is incomplete. `from` is the length
/// already searched. A bare LF ends the head too: the parser rejects it at once.
std::optional<std::size_t> FindHeadEnd(std::string_view received, std::size_t from = 0) noexcept;

/// Parses a complete head. Never throws. Ignores one leading empty line (RFC 9112 section 2.2). The
/// host of an absolute target replaces the `Host` field. Errors: kBadRequest (also for other
/// versions than HTTP/1.0 and 1.1), kHeadTooLarge, kNotImplemented (unknown transfer coding),
/// kUnsupportedMediaType (a Content-Encoding). Messages never quote the input. The caller must
/// close the connection then.
Result<RequestHead> ParseRequestHead(std::string_view head, const HeadLimits& limits);

}  // namespace vcache::http
