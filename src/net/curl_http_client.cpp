#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/curl_easy.h"
#include "net/request_body.h"
#include "net/response_reader.h"
#include "net/url_policy.h"
#include "vcache/core/descriptors.h"
#include "vcache/net/http_client.h"

namespace vcache::net {
namespace {

/// For libcurl 0 means "no limit".
long AtLeastOne(std::chrono::milliseconds limit) {
  return static_cast<long>(std::max<std::int64_t>(1, limit.count()));
}

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

Result<CurlList> HeaderList(const HttpRequest& request, const std::string& peer) {
  CurlList list;
  const auto append = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(list.release());
    list.reset(longer);
    return true;
  };
  // Without it every upload over 1 MB waits up to a second for "100 Continue" (rule C6).
  bool good = append("Expect:");
  // Without a body or with a form, libcurl sets the right type itself.
  bool typed = !std::holds_alternative<std::string>(request.body) &&
               !std::holds_alternative<StreamedBody>(request.body);
  for (const auto& [name, value] : request.headers) {
    if (HasLineBreak(name) || HasLineBreak(value)) {
      return Error{ErrorCode::kBadConfiguration,
                   "A header of the request holds a line break; check the key of " + peer + "."};
    }
    typed = typed || curl_strequal(name.c_str(), "content-type") != 0;
    good = good && append(name + ": " + value);
  }
  if (!typed) good = good && append("Content-Type:");  // else libcurl sends a form's type
  if (!good) return Error{ErrorCode::kIo, "There was not enough memory to send the request."};
  return list;
}

/// The state of one exchange for libcurl's callbacks. Lives on the stack of `Send`.
struct Exchange {
  Exchange(const HttpRequest& sent, CURL* handle, const CurlHttpClientOptions& options,
           Deadline until, Clock& time)
      : request(sent),
        easy(handle),
        body(sent, handle),
        reader(sent, options),
        deadline(until),
        clock(time) {}

  bool TakeBody(std::string_view piece) {
    long status = 0;
    if (request.on_body) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return reader.TakeBody(piece);
    try {
      return request.on_body(piece);
    } catch (const std::exception&) {  // must not pass through libcurl
      return false;
    }
  }

  const HttpRequest& request;
  CURL* const easy;
  RequestBody body;
  ResponseReader reader;
  Deadline deadline;
  Clock& clock;
  Reach reach = Reach::kAnywhere;
  bool expired = false;
  bool out_of_reach = false;  ///< The host has an address that the request may not reach.
  bool no_socket = false;     ///< This process is short of descriptors or memory.
};

std::size_t OnHead(char* data, std::size_t size, std::size_t count, void* exchange) noexcept {
  const std::string_view line(data, size * count);
  return static_cast<Exchange*>(exchange)->reader.TakeHeadLine(line) ? line.size() : 0;
}

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* exchange) noexcept {
  const std::string_view piece(data, size * count);
  // 0 tells libcurl to stop, unless the piece itself is empty.
  return static_cast<Exchange*>(exchange)->TakeBody(piece) ? piece.size() : 0;
}

/// Checks the deadline by our `Clock`, which libcurl's time limits do not use.
int OnProgress(void* exchange, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  auto& self = *static_cast<Exchange*>(exchange);
  self.expired = self.expired || self.deadline.Expired(self.clock);
  const bool cancelled = self.request.cancelled && self.request.cancelled();
  return self.expired || cancelled ? 1 : 0;
}

/// Makes the socket for exactly the address that libcurl connects to. The check therefore holds
/// whatever the name resolves to, even if that changes.
curl_socket_t OnSocket(void* exchange, curlsocktype, curl_sockaddr* address) noexcept {
  auto& self = *static_cast<Exchange*>(exchange);
  if (!MayReach(self.reach, ScopeOf(address->addr, address->addrlen))) {
    self.out_of_reach = true;
    return CURL_SOCKET_BAD;
  }
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) self.no_socket = IsShortageOfOurs(errno);
  return socket;
}

class CurlHttpClient final : public HttpClient {
 public:
  CurlHttpClient(CurlHttpClientOptions options, Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  Result<HttpResponse> Send(const HttpRequest& request, Deadline deadline) override {
    if (deadline.Expired(clock_)) {
      return Error{ErrorCode::kVendorTimeout,
                   "There was no time left to ask " + options_.peer + "."};
    }
    auto url = CheckUrl(request, options_.peer);
    if (!url) return std::move(url).error();
    auto headers = HeaderList(request, options_.peer);
    if (!headers) return std::move(headers).error();
    const auto loan = pool_.Borrow();
    if (loan.get() == nullptr) {
      return Error{ErrorCode::kIo, "There was not enough memory to send the request."};
    }
    Exchange exchange(request, loan.get(), options_, deadline, clock_);
    exchange.reach = url->reach;
    SetLimits(loan.get(), request, *url);
    SetTransfer(loan.get(), exchange);
    SetMethod(loan.get(), request);
    // The total is exact; the progress callback runs only once a second. No low-speed limit: a
    // vendor may be silent while it computes.
    const auto total = std::min(request.timeout, deadline.Remaining(clock_));
    curl_easy_setopt(loan.get(), CURLOPT_TIMEOUT_MS, AtLeastOne(total));
    curl_easy_setopt(loan.get(), CURLOPT_HTTPHEADER, headers->get());
    if (auto attached = exchange.body.Attach(); !attached) return attached.error();
    const CURLcode code = curl_easy_perform(loan.get());
    auto answer = Conclude(loan.get(), exchange, code);
    // Reset before the URL, headers and body that the handle points to are destroyed.
    curl_easy_reset(loan.get());
    return answer;
  }

 private:
  /// Sets the target and the safety options; anew for each call.
  void SetLimits(CURL* easy, const HttpRequest& request, const CheckedUrl& checked) const {
    curl_easy_setopt(easy, CURLOPT_CURLU, checked.url.get());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, checked.scheme.c_str());
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    // Also disables http_proxy and similar variables: data goes only where configured.
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, nullptr);  // no zip bombs
    // libcurl repeats a request when a *reused* connection dies before the answer, and the vendor
    // bills both (rule C1). So every paid call opens its own connection. The extra handshake is one
    // round trip with a kept TLS session. A body that cannot be rewound is the second protection,
    // and the only one on reused connections.
    const auto* text = std::get_if<std::string>(&request.body);
    // A kept connection was checked against another request's `reach`.
    const bool reuse = options_.reuse_connections && text != nullptr && !text->empty() &&
                       checked.reach == Reach::kAnywhere;
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, reuse ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, reuse ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, reuse ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, AtLeastOne(request.connect_timeout));
  }

  void SetTransfer(CURL* easy, Exchange& exchange) const {
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHead);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &OnProgress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnSocket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 128L * 1024);
  }

  void SetMethod(CURL* easy, const HttpRequest& request) const {
    if (request.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.body.index() == 0 && request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    }
    if (request.method != "GET" || request.body.index() != 0) {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }

  Result<HttpResponse> Conclude(CURL* easy, Exchange& exchange, CURLcode code) const;

  const CurlHttpClientOptions options_;
  Clock& clock_;
  CurlEasyPool pool_;
};

/// Without a whole answer: kNone only if certainly no byte of the body was sent (rule C2).
Charge ChargeOf(CURL* easy, const Exchange& exchange) {
  if (!exchange.body.empty()) return exchange.body.touched() ? Charge::kUnknown : Charge::kNone;
  curl_off_t before_sending = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &before_sending);
  return before_sending > 0 ? Charge::kUnknown : Charge::kNone;
}

std::string AtStart(std::string peer) {
  if (!peer.empty() && peer.front() >= 'a' && peer.front() <= 'z') peer.front() -= 'a' - 'A';
  return peer;
}

Error FailureOf(CURLcode code, bool was_sent, const std::string& peer) {
  const std::string who = AtStart(peer);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Error{ErrorCode::kVendorTimeout, who + (was_sent ? " did not answer in time."
                                                              : " could not be reached in time.")};
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error{ErrorCode::kVendorUnavailable, who + "'s host name could not be resolved."};
    case CURLE_COULDNT_CONNECT:
      return Error{ErrorCode::kVendorUnavailable, who + " refused the connection."};
    case CURLE_SSL_CACERT_BADFILE:
      return Error{ErrorCode::kVendorUnavailable,
                   "The certificates of the certificate authorities cannot be read; install the "
                   "package ca-certificates."};
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error{ErrorCode::kVendorUnavailable,
                   who + "'s TLS certificate could not be verified."};
    case CURLE_SSL_CONNECT_ERROR:
      return Error{ErrorCode::kVendorUnavailable,
                   "No secure connection to " + peer + " could be made."};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return Error{ErrorCode::kVendorInvalidAnswer, who + "'s answer is not HTTP."};
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_OUT_OF_MEMORY:  // this version's error for a header line over 100 KiB
      return Error{ErrorCode::kVendorInvalidAnswer, who + "'s answer is too large."};
    default:
      return Error{ErrorCode::kVendorUnavailable,
                   was_sent ? "The connection to " + peer + " broke before the answer was complete."
                            : who + " could not be reached."};
  }
}

/// Neither the peer nor the network is at fault, so that no circuit breaker may count it.
Error ShortOfDescriptors(const std::string& peer) {
  Error error{ErrorCode::kIo, NoDescriptorLeft("for a connection to " + peer)};
  error.retry_after = std::chrono::seconds(1);
  error.asked_nobody = true;
  return error;
}

/// libcurl has no error of its own for it: a name that cannot be resolved, certificates that cannot
/// be read, a refused connection may all be it.
bool IsShortOfDescriptors(const Exchange& exchange, Charge charge) {
  return charge == Charge::kNone && (exchange.no_socket || !HasSpareDescriptors());
}

Result<HttpResponse> CurlHttpClient::Conclude(CURL* easy, Exchange& exchange, CURLcode code) const {
  HttpResponse& response = exchange.reader.response();
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    for (const auto& [name, value] : response.headers) {
      if (name == "retry-after") {
        response.retry_after = ParseRetryAfter(value, clock_.WallNow());
        break;
      }
    }
    return std::move(response);
  }
  Error error = FailureOf(code, exchange.body.touched(), options_.peer);
  if (exchange.body.failure()) {
    error = *exchange.body.failure();
  } else if (exchange.out_of_reach && code == CURLE_COULDNT_CONNECT) {
    error = UnreachableUrl(options_.peer);
  } else if (exchange.expired) {
    error = FailureOf(CURLE_OPERATION_TIMEDOUT, exchange.body.touched(), options_.peer);
  } else if (exchange.reader.too_large()) {
    error = FailureOf(CURLE_FILESIZE_EXCEEDED, true, options_.peer);
  }
  error.charge = ChargeOf(easy, exchange);
  if (IsShortOfDescriptors(exchange, error.charge)) return ShortOfDescriptors(options_.peer);
  return error;
}

}  // namespace

std::unique_ptr<HttpClient> MakeCurlHttpClient(CurlHttpClientOptions options, Clock& clock) {
  return std::make_unique<CurlHttpClient>(std::move(options), clock);
}

void InitHttpClients() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw std::runtime_error("libcurl could not be initialised");
    }
  });
}

}  // namespace vcache::net
