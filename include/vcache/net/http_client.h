#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "vcache/core/byte_source.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::net {

/// A field of a multipart form; fields are sent in their order.
struct FormField {
  std::string name;
  /// A plain value, or a file. `open_file` is called when the request is sent.
  std::string value;
  std::function<std::unique_ptr<ByteSource>()>
      open_file;  ///< Set: a file part of `file_size` bytes.
  std::uint64_t file_size = 0;
  std::string file_name;
  std::string content_type;
};

/// A body that is only a file's bytes. `open` is called when the request is sent.
struct StreamedBody {
  std::function<std::unique_ptr<ByteSource>()> open;
  std::uint64_t size = 0;  ///< Announced to the server; a source that ends earlier is an error.
};

struct HttpRequest {
  std::string method = "POST";
  /// From configuration or a vendor's answer, never from a client.
  std::string url;
  /// Set when a vendor's answer gave `url` or a part that could name its host: the configured URL
  /// of that vendor. The request then needs https, a URL without a user, and a public address.
  /// Loopback is allowed when the configured URL is on this machine. A URL with the configured
  /// origin may lead anywhere.
  std::string given_by{};
  std::vector<std::pair<std::string, std::string>> headers;
  /// None, a whole body, a form, or a file.
  std::variant<std::monostate, std::string, std::vector<FormField>, StreamedBody> body;
  std::chrono::milliseconds connect_timeout{5'000};
  /// For the whole exchange; the deadline may end it sooner.
  std::chrono::milliseconds timeout{30'000};
  /// The limit for the answer's body; 0 for the client's own limit.
  std::size_t max_response_bytes = 0;
  /// Set: receives the body of a 200 answer piece by piece as it arrives, without a size limit;
  /// `HttpResponse::body` stays empty. Returning false ends the exchange like a broken connection.
  std::function<bool(std::string_view piece)> on_body{};
  /// Set: called about once a second; true ends the exchange in the same way.
  std::function<bool()> cancelled{};
};

struct HttpResponse {
  int status = 0;
  /// Names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// From `Retry-After`, at most a day; empty when absent.
  std::optional<std::chrono::seconds> retry_after;
};

/// Sends one request and returns the answer, whatever its status. Thread-safe; a call blocks until
/// the answer is whole or `deadline` comes. An error means that there is no whole answer. Its
/// `charge` says what may have been billed: kNone when no byte of the body was sent, else kUnknown.
/// Errors: kVendorUnavailable (no connection, or it broke), kVendorTimeout, kVendorInvalidAnswer
/// (too large, not HTTP, a given URL that is not allowed), kBadConfiguration (url).
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// Sends the request at most once, even when a reused connection is dead (rule C1).
  virtual Result<HttpResponse> Send(const HttpRequest& request, Deadline deadline) = 0;
};

struct CurlHttpClientOptions {
  std::size_t max_response_bytes = 4 * 1024 * 1024;
  std::size_t max_header_bytes = 64 * 1024;
  std::string user_agent = "VerdictCache";
  /// A PEM file with the certificates to trust; empty: the system's.
  std::string ca_file{};
  /// The name for the other side in messages.
  std::string peer = "the vendor";
  /// Keeps connections open for the next request. A request still fails when its reused connection
  /// dies. Requests without a body always get a connection of their own, because libcurl could
  /// repeat them (rule C1). Use it for many cheap calls, never for paid ones.
  bool reuse_connections = false;
};

/// A client on libcurl. `InitHttpClients` must have run. The clock must outlive the client.
std::unique_ptr<HttpClient> MakeCurlHttpClient(CurlHttpClientOptions options, Clock& clock);

/// Call once, from `main`, before any thread starts (rule C3).
void InitHttpClients();

}  // namespace vcache::net
