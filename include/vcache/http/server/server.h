#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/forwarded.h"
#include "vcache/http/parsing/message.h"
#include "vcache/http/server/router.h"

namespace vcache::http {

struct ServerOptions {
  std::string host = "0.0.0.0";
  /// 0 takes a free port; read it with `Server::port`.
  std::uint16_t port = 8080;
  int backlog = 1024;

  /// Threads for the work of requests, started on demand. Nothing that waits for a client or for a
  /// route's answer holds one (rule H9).
  std::size_t worker_threads = 16;
  /// Requests of one address that may wait for a worker; above it the server answers 503 (rule
  /// H10). The addresses' requests are served in turn.
  std::size_t max_queued_requests = 1024;
  std::size_t max_connections = 4096;
  /// Does not apply to the trusted proxies, whose connections many clients share.
  std::size_t max_connections_per_address = 2048;
  /// Whose word on the clients' addresses is believed: by default nobody's.
  ProxyTrust proxies{};

  std::size_t max_head_bytes = 16 * 1024;
  std::size_t max_head_fields = 64;
  std::size_t max_target_bytes = 2 * 1024;
  /// Body bytes of any request; routes may limit further.
  std::uint64_t max_body_bytes = 100ULL * 1024 * 1024 + 64 * 1024;

  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds keep_alive_timeout{120'000};
  /// Grace period of a body; afterwards it must average the minimum rate below (rule H8).
  std::chrono::milliseconds body_grace{10'000};
  std::uint64_t body_min_bytes_per_second = 1024;
  /// The same while connections or room for bodies are nearly used up: the slowest go first.
  std::chrono::milliseconds crowded_body_grace{2'500};
  std::uint64_t crowded_body_min_bytes_per_second = 16 * 1024;
  /// For the whole request, body included; becomes `Request::deadline`.
  std::chrono::milliseconds request_timeout{15 * 60 * 1000};
  /// The time that a client may take to read an answer.
  std::chrono::milliseconds write_timeout{30'000};
  /// The most unread body bytes that are dropped after an answer, before closing (rule H6).
  std::uint64_t linger_bytes = 4ULL * 1024 * 1024;
  /// The time for that. What arrives at `linger_bytes_per_second` or faster extends it up to
  /// `longest_linger`: browsers send all of a body before they read the answer.
  std::chrono::milliseconds linger_time{2'000};
  std::uint64_t linger_bytes_per_second = 64ULL * 1024;
  std::chrono::milliseconds longest_linger{60'000};
  /// After `Stop`: the longest pause within a body, and the longest life of an answered connection.
  std::chrono::milliseconds stop_pause{1'000};
};

/// One finished request, for the access log.
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

/// Lets the service take part in every answer (rule H23). Worker threads call the hooks
/// concurrently; the epoll thread calls them for urgent routes and for the 503 of an overloaded
/// server. None may block.
/// That 503 may precede the head; the request then has only an id and an address.
struct ServerHooks {
  /// Makes the body of an error answer (problem details); the server has set status and headers
  /// from the code. Serves errors of the server, of routing and of handlers that threw.
  std::function<Response(const RequestInfo&, const Error&)> render_error;
  /// Last change to every answer: security headers, CORS.
  std::function<void(const RequestInfo&, Response&)> finish;
  std::function<void(const AccessRecord&)> on_finished;
  /// Whether the room for bodies is nearly used up. Null: never.
  std::function<bool()> is_short_of_room{};
};

/// Checks that a server could listen on the address: binds it and releases it at once, without
/// accepting. Error: kBadConfiguration names the address.
Result<void> CheckAddress(const std::string& host, std::uint16_t port);

/// The HTTP server. It has its own sockets, request framing, limits and closing; cpp-httplib writes
/// the responses (docs/adr). An epoll thread accepts, and holds every connection that waits: for a
/// head, for more of a body, for its route's answer, for its client to read. A worker has a
/// connection only while there is work to do.
class Server {
 public:
  /// The clock, the logger and what the router's handlers use must outlive the server.
  Server(ServerOptions options, Router router, ServerHooks hooks, Clock& clock, Logger& logger);
  ~Server();

  /// Binds and starts to accept. Error: kBadConfiguration when the address is in use or not local.
  Result<void> Start();
  std::uint16_t port() const noexcept;
  /// Blocks until `Stop` (success), or until the listener failed (its error, rule H21).
  Result<void> Wait();
  /// From now on every answer closes its connection, so that clients turn elsewhere with their next
  /// request. Everything else goes on.
  void Drain();
  /// Accepts no more clients than have connected already, and closes connections that wait for
  /// another request. Returns when all are closed, or after `most`; those that are left go on.
  void StopAccepting(std::chrono::milliseconds most);
  /// `StopAccepting`. Requests in progress get at most `grace`: a head or a body that arrives
  /// continues, one that stalls for `stop_pause` is cut, a body with kShuttingDown. Afterwards cuts
  /// the remaining connections, tells their routes so, and waits for their answers. Idempotent; not
  /// for signal handlers (rule H22).
  void Stop(std::chrono::milliseconds grace);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::http
