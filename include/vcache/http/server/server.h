#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"
#include "vcache/http/server/router.h"

namespace vcache::http {

struct ServerOptions {
  std::string host = "0.0.0.0";
  /// 0 takes a free port; `Server::port` tells which.
  std::uint16_t port = 8080;
  int backlog = 1024;

  /// Threads for requests in progress, started as needed; idle connections hold none (rule H9).
  std::size_t worker_threads = 256;
  /// Requests that may wait for a worker; beyond it 503 (rule H10).
  std::size_t max_queued_requests = 1024;
  std::size_t max_connections = 4096;
  std::size_t max_connections_per_address = 2048;

  std::size_t max_head_bytes = 16 * 1024;
  std::size_t max_head_fields = 64;
  std::size_t max_target_bytes = 2 * 1024;
  /// Body bytes of any request; routes limit further by themselves.
  std::uint64_t max_body_bytes = 100ULL * 1024 * 1024 + 64 * 1024;

  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds keep_alive_timeout{120'000};
  /// A body may take this long whatever its rate; afterwards it must average the rate below (H8).
  std::chrono::milliseconds body_grace{10'000};
  std::uint64_t body_min_bytes_per_second = 1024;
  /// The whole request, body included: what handlers get as `Request::deadline`.
  std::chrono::milliseconds request_timeout{15 * 60 * 1000};
  /// How long a client may take to read an answer.
  std::chrono::milliseconds write_timeout{30'000};
  /// After an answer that leaves body bytes unread: how much is read and dropped before closing
  /// (H6).
  std::uint64_t linger_bytes = 4ULL * 1024 * 1024;
  std::chrono::milliseconds linger_time{2'000};
  /// Once `Stop` has begun: how long a client may send nothing of a body that it owes, and how long
  /// one that was answered may keep its connection open.
  std::chrono::milliseconds stop_pause{1'000};
};

/// What one finished request was, for the access log.
struct AccessRecord {
  const RequestInfo* request = nullptr;
  int status = 0;
  std::string_view outcome;
  std::string_view reason{};  ///< `Response::log_reason`.
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds duration{0};
  bool client_gone = false;
};

/// How the rest of the service takes part in every answer (rule H23). Called from worker threads,
/// several at a time, and from the epoll thread for the 503 of an overloaded gate: none may block.
/// That 503 may go out before a head was read; the request then has an id and an address only.
struct ServerHooks {
  /// Makes the body of an error answer (problem details); status and headers are set from the code
  /// already. For errors of the gate, of routing and of handlers that threw (rule H23).
  std::function<Response(const RequestInfo&, const Error&)> render_error;
  /// Last hand on every answer: security headers, CORS.
  std::function<void(const RequestInfo&, Response&)> finish;
  std::function<void(const AccessRecord&)> on_finished;
};

/// Whether a server could listen there: the address is bound and given back at once, no connection
/// is taken meanwhile. kBadConfiguration names the address.
Result<void> CheckAddress(const std::string& host, std::uint16_t port);

/// The HTTP server: our own sockets, request framing, limits and closing; cpp-httplib writes the
/// responses (docs/adr). An epoll thread accepts and holds idle connections; a worker takes a
/// connection when a request begins and gives it back when the answer is written.
class Server {
 public:
  /// The clock, the logger and what the router's handlers use must outlive the server.
  Server(ServerOptions options, Router router, ServerHooks hooks, Clock& clock, Logger& logger);
  ~Server();

  /// Binds and begins to accept. kBadConfiguration when the address is taken or not ours.
  Result<void> Start();
  std::uint16_t port() const noexcept;
  /// Blocks until the listener ended by itself, which it must not (rule H21): the error; or until
  /// `Stop` (success).
  Result<void> Wait();
  /// Stops accepting, closes connections that have sent no whole head, and lets requests in
  /// progress finish for at most `grace`: a body that still arrives goes on, one that stalls for
  /// `stop_pause` is refused with kShuttingDown. Then cuts what is left. Idempotent; not from a
  /// signal handler (rule H22).
  void Stop(std::chrono::milliseconds grace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::http
