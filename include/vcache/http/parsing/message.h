#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcache/core/byte_source.h"
#include "vcache/core/deadline.h"
#include "vcache/core/error.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/body_stream.h"

namespace vcache::http {

/// Header fields in order of arrival, raw: never percent-decoded or merged (rule H14). Names
/// compare case-insensitively.
class Headers {
 public:
  void Add(std::string name, std::string value);
  void Set(std::string_view name, std::string value);
  void Remove(std::string_view name);

  /// The first field of that name. The view is valid until this object changes.
  std::optional<std::string_view> Get(std::string_view name) const noexcept;
  std::vector<std::string_view> GetAll(std::string_view name) const;
  std::size_t Count(std::string_view name) const noexcept;

  const std::vector<std::pair<std::string, std::string>>& fields() const noexcept {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Response;

/// What the head of a request states, for logs and error answers.
struct RequestInfo {
  std::string id;      ///< The client's request id if well formed, otherwise a new one.
  std::string method;  ///< `GET`, `POST`, ...; empty when the head was unreadable.
  std::string path;    ///< Percent-decoded once, not normalised; begins with `/`.
  std::string query;   ///< Raw, without `?`.
  std::string peer;    ///< The socket's address, never a header's (rule H15).
  /// The client's address: the peer, or what the trusted proxies say.
  std::string client{};
  /// Key of the limits per client: its IPv4 address, or its IPv6 /64 network.
  std::string client_group{};
  Headers headers;
  /// Who asks, once a route has found that out: `key:site`, `user:42`, `admin:ops`. For logs and
  /// for counting by caller. Empty: nobody is known.
  std::string caller{};
  /// The answer is held back for so long, without a thread: for those who guess.
  std::chrono::milliseconds answer_delay{0};
  /// What a route adds to whatever answer the request gets; empty: nothing.
  std::function<void(Response&)> finish{};
  /// Whether that caller may have a known content analysed again (`MayBypassCache`).
  bool may_bypass_cache = false;
  /// Whether that caller may read the reasons that are withheld from others.
  bool caller_is_admin = false;
};

/// A body without bytes. Thread-safe.
ByteSource& NoBody() noexcept;

/// One request as a route sees it.
struct Request {
  RequestInfo info;
  /// The rest of a prefix route's path. The handler checks it.
  std::string_view tail;
  /// The announced length; empty for chunked bodies.
  std::optional<std::uint64_t> content_length;
  /// Whether the client announced a body (a length above 0, or chunks).
  bool has_body = false;
  /// For handlers: the whole body, which is there already. Never null; empty for intakes.
  ByteSource* body = &NoBody();
  Deadline deadline = Deadline::Never();
};

/// One answer. The server itself sets `Content-Length`, `Date`, `Connection` and `X-Request-Id`.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// For the request log: `HIT`, `MISS`, ...; empty unless the answer is an analysis.
  std::string log_outcome;
  /// For the request log: the cause of a failure that the answer does not disclose.
  std::string log_reason{};
  /// If set, sends only so many bytes of the answer (head included), then closes; 0 closes without
  /// an answer. For stand-ins that simulate a failing server; the service never sets it.
  std::optional<std::size_t> cut_after{};
  /// If set, makes the body, and `body` is ignored. In chunks; to HTTP/1.0 until the end of the
  /// connection.
  std::shared_ptr<BodyStream> stream{};
};

/// The HTTP status of each error code. No other code maps them.
int StatusOf(ErrorCode code) noexcept;
/// The standard's name of 200 and of what `StatusOf` returns, for example `Not Found`.
std::string_view ReasonPhrase(int status) noexcept;

/// The decoded value of a query or form field; empty when it is absent. kBadRequest names the field
/// when it is repeated (two readers could take different ones) or has a malformed escape.
Result<std::optional<std::string>> FormValue(std::string_view encoded, std::string_view name);

}  // namespace vcache::http
