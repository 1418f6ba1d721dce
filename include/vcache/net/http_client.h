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

/// One field of a multipart form, in the order in which it is sent.
struct FormField {
  std::string name;
  /// A plain value, or a file read from a source that is opened when the request is sent.
  std::string value;
  std::function<std::unique_ptr<ByteSource>()>
      open_file;  ///< Set: a file part of `file_size` bytes.
  std::uint64_t file_size = 0;
  std::string file_name;
  std::string content_type;
};

/// A body that is a file's bytes and nothing else, read from a source that is opened when the
/// request is sent.
struct StreamedBody {
  std::function<std::unique_ptr<ByteSource>()> open;
  std::uint64_t size = 0;  ///< What is announced; a source that ends before is an error.
};

struct HttpRequest {
  std::string method = "POST";
  /// From configuration or a vendor's answer, never from a user (rule C7).
  std::string url;
  /// Set when an answer gave `url` or a part of it that could name its host: the configured URL of
  /// the one that answered. Such a request goes to public addresses only, over https and without a
  /// user; to this machine where the configured URL is of this machine; and anywhere where the
  /// origin is the configured one.
  std::string given_by{};
  std::vector<std::pair<std::string, std::string>> headers;
  /// Nothing, a whole body, a form, or a file.
  std::variant<std::monostate, std::string, std::vector<FormField>, StreamedBody> body;
  std::chrono::milliseconds connect_timeout{5'000};
  /// The whole exchange; the deadline may end it sooner.
  std::chrono::milliseconds timeout{30'000};
  /// How long the answer's body may be, in place of the client's limit; 0 for that one.
  std::size_t max_response_bytes = 0;
  /// Set: takes the body of an answer with status 200 piece by piece while it arrives, of whatever
  /// length, in place of `HttpResponse::body`. False ends the exchange as a broken connection.
  std::function<bool(std::string_view piece)> on_body{};
  /// Set: asked about once a second; true ends the exchange likewise.
  std::function<bool()> cancelled{};
};

struct HttpResponse {
  int status = 0;
  /// Names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// From `Retry-After`, clamped to a day; empty when not said (rule C8).
  std::optional<std::chrono::seconds> retry_after;
};

/// Sends one request and returns whatever was answered, any status: the caller judges it.
/// Thread-safe; a call blocks its thread until the answer is whole, `deadline` at most.
/// Errors mean that there was no whole response, and say by `charge` what may have been billed:
/// kNone when no byte of the body left, kUnknown otherwise. Codes: kVendorUnavailable (not reached,
/// broken off), kVendorTimeout, kVendorInvalidAnswer (too large, not HTTP, a given URL that may not
/// be followed), kBadConfiguration (url).
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// A request is sent at most once: no retry of any kind, not even on a dead reused connection
  /// (rule C1).
  virtual Result<HttpResponse> Send(const HttpRequest& request, Deadline deadline) = 0;
};

struct CurlHttpClientOptions {
  std::size_t max_response_bytes = 4 * 1024 * 1024;
  std::size_t max_header_bytes = 64 * 1024;
  std::string user_agent = "VerdictCache";
  /// A file with the certificates to trust (PEM); empty for the system's (rule T8).
  std::string ca_file{};
  /// Whom messages speak of.
  std::string peer = "the vendor";
  /// Keeps connections open for the next request. A request that dies with a connection fails, as
  /// ever, since its body cannot be read twice (rule C1); one without a body, which libcurl could
  /// repeat, gets a connection of its own all the same. For calls that are many and cost nothing to
  /// lose; never for paid ones.
  bool reuse_connections = false;
};

/// libcurl underneath. `InitHttpClients` must have run. The clock must outlive the client.
std::unique_ptr<HttpClient> MakeCurlHttpClient(CurlHttpClientOptions options, Clock& clock);

/// Once per process, from `main`, before any thread starts (rule C3).
void InitHttpClients();

}  // namespace vcache::net
