#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vcache/core/byte_source.h"
#include "vcache/core/deadline.h"
#include "vcache/core/error.h"
#include "vcache/core/result.h"

namespace vcache::http {

/// Header fields in the order of arrival, raw: never percent-decoded, never merged (rule H14).
/// Names compare without case.
class Headers {
 public:
  void Add(std::string name, std::string value);
  /// Replaces every field of that name.
  void Set(std::string_view name, std::string value);
  void Remove(std::string_view name);

  /// The first field of that name; the view lives as long as this object is unchanged.
  std::optional<std::string_view> Get(std::string_view name) const noexcept;
  std::vector<std::string_view> GetAll(std::string_view name) const;
  std::size_t Count(std::string_view name) const noexcept;

  const std::vector<std::pair<std::string, std::string>>& fields() const noexcept {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// What is known of a request once its head is read; what logs and error answers need.
struct RequestInfo {
  std::string id;      ///< The request id: the client's when well formed, else ours.
  std::string method;  ///< `GET`, `POST`, ...; empty when the head was unreadable.
  std::string path;    ///< Percent-decoded once, not normalised; begins with `/`.
  std::string query;   ///< Raw, without `?`.
  std::string peer;    ///< The socket's address, never a header's (rule H15).
  Headers headers;
};

/// One request as a handler sees it. Belongs to the worker that runs the handler.
struct Request {
  RequestInfo info;
  /// The rest of the path of a prefix route, undecoded checks left to the handler.
  std::string_view tail;
  /// What was announced; empty for chunked bodies.
  std::optional<std::uint64_t> content_length;
  /// Whether the client announced a body at all (a length above 0, or chunks).
  bool has_body = false;
  /// The body. Reading the first byte sends `100 Continue` where the client waits for it; a handler
  /// that refuses on the head just does not read (rule H6). Never null.
  ByteSource* body = nullptr;
  Deadline deadline = Deadline::Never();
  /// Whether the client has hung up (rule H25). Cheap; may be called from the handler's thread.
  std::function<bool()> client_gone = [] { return false; };
};

/// One answer. `Content-Length`, `Date`, `Connection` and `X-Request-Id` are the server's to set.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// For the request's log line: `HIT`, `MISS`, ... ; empty when the answer is none of an analysis.
  std::string log_outcome;
  /// For the request's log line: why it failed, where the answer does not tell everybody.
  std::string log_reason{};
  /// Set: only so many bytes of the answer (head included) are sent, then the connection is closed.
  /// 0 closes without an answer. For stand-ins that play a failing server; never set by the
  /// service.
  std::optional<std::size_t> cut_after{};
};

/// The HTTP status of each error code: the one place that maps them.
int StatusOf(ErrorCode code) noexcept;
/// The standard's name of a status: `Not Found`.
std::string_view ReasonPhrase(int status) noexcept;

/// Decodes `%XX` (and `+` as a space when `form` is set); empty on a broken escape.
std::optional<std::string> PercentDecode(std::string_view text, bool form = false);
/// The decoded value of a field of a query or form, empty where there is none. kBadRequest, with a
/// message that names the field, when it is there twice (two readers would take different ones) or
/// has a broken percent escape.
Result<std::optional<std::string>> FormValue(std::string_view encoded, std::string_view name);

}  // namespace vcache::http
