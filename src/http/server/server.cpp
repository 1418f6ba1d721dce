#include "vcache/http/server/server.h"

#include <atomic>

#include "http/server/event_loop.h"
#include "http/server/exchange.h"
#include "http/server/listener.h"
#include "http/server/refusal.h"
#include "http/server/response_writer.h"
#include "http/server/socket_io.h"
#include "http/server/worker_pool.h"
#include "vcache/core/mutex.h"

namespace vcache::http {
namespace {

/// How long an idle worker waits on a connection after an answer. A client that sends its next
/// request at once avoids the event loop.
constexpr std::chrono::milliseconds kStay{10};

}  // namespace

struct Server::State {
  State(ServerOptions server_options, Router server_router, ServerHooks server_hooks,
        Clock& the_clock, Logger& the_logger)
      : options(std::move(server_options)),
        router(std::move(server_router)),
        hooks(std::move(server_hooks)),
        clock(the_clock),
        logger(the_logger),
        loop(options, clock, logger),
        workers(options.worker_threads, options.max_queued_requests, [this] { return MakeJob(); }) {
  }

  WorkerPool::Job MakeJob() {
    return [this, exchange = std::make_shared<Exchange>(context)](Connection& connection) {
      Work(*exchange, connection);
    };
  }

  void Work(Exchange& exchange, Connection& connection);
  Disposition ServeOne(Exchange& exchange, Connection& connection);
  bool HasNext(Connection& connection);
  bool AwaitNext(Connection& connection);
  void Shed(Connection& connection);

  const ServerOptions options;
  const Router router;
  const ServerHooks hooks;
  Clock& clock;
  Logger& logger;
  std::atomic<bool> stopping{false};
  std::atomic<bool> cutting{false};
  std::atomic<std::size_t> staying{0};
  const ServerContext context{options, router, hooks, clock, logger, stopping};
  std::uint16_t port = 0;
  Mutex stop_mutex;
  bool started VCACHE_GUARDED_BY(stop_mutex) = false;
  Exchange gate{context};  // the loop's thread only
  // The workers give connections back to the loop, so they are destroyed first.
  EventLoop loop;
  WorkerPool workers;
};

/// cpp-httplib builds its tables at their first use, behind a guard that thread sanitizers cannot
/// see. Build them here, while the process has one thread.
void WakeLibrary() {
  ResponseWriter writer;
  writer.Exchange(
      {.head_only = false}, [] { return Response{}; }, [](std::string_view, std::string_view) {});
}

/// Serves one connection until it is idle, closed, or queued behind other clients.
void Server::State::Work(Exchange& exchange, Connection& connection) {
  while (!cutting) {
    switch (ServeOne(exchange, connection)) {
      case Disposition::kDrop:
        return loop.Drop(connection);
      case Disposition::kCloseGently:
        return loop.CloseGently(connection);
      case Disposition::kKeep:
        if (!HasNext(connection)) return loop.Park(connection);
    }
    // Queued clients come before this client's next request. If the queue is full, go on.
    if (workers.crowded() && workers.Submit(connection)) return;
  }
  loop.Drop(connection);
}

Disposition Server::State::ServeOne(Exchange& exchange, Connection& connection) {
  try {
    return exchange.Serve(connection);
  } catch (const std::exception& e) {
    logger.Error("A worker was interrupted", {{"what", std::string_view(e.what())}});
    return Disposition::kDrop;
  }
}

/// Whether the connection has another whole head, or invalid input, which becomes a refusal.
bool Server::State::HasNext(Connection& connection) {
  HeadStatus next = connection.FindHead(options.max_head_bytes);
  if (next == HeadStatus::kIncomplete && AwaitNext(connection)) {
    next = connection.FindHead(options.max_head_bytes);
  }
  if (next == HeadStatus::kTooLarge) connection.refusal = HeadTooLarge(options.max_head_bytes);
  return next != HeadStatus::kIncomplete;
}

/// Waits briefly for more input, unless other requests need this thread. True if some arrived.
bool Server::State::AwaitNext(Connection& connection) {
  if (!connection.input.empty() || stopping || workers.crowded()) return false;
  // At most half of the threads wait here, so that one is free for a new client.
  if (staying.fetch_add(1) < options.worker_threads / 2) {
    const WaitStatus status =
        WaitReadable(connection.socket.get(), Deadline::After(clock, kStay), clock);
    --staying;
    if (status != WaitStatus::kReady) return false;
  } else {
    --staying;
  }
  return connection.ReadMore() == ReadStatus::kData;
}

void Server::State::Shed(Connection& connection) {
  try {
    gate.Shed(connection);
  } catch (const std::exception& e) {
    logger.Error("Turning a client away was interrupted", {{"what", std::string_view(e.what())}});
  }
}

Server::Server(ServerOptions options, Router router, ServerHooks hooks, Clock& clock,
               Logger& logger)
    : state_(std::make_unique<State>(std::move(options), std::move(router), std::move(hooks), clock,
                                     logger)) {}

Server::~Server() {
  Stop(std::chrono::milliseconds(0));
}

Result<void> Server::Start() {
  State& state = *state_;
  const MutexLock lock(state.stop_mutex);
  if (state.started || state.stopping) {
    return Error{.code = ErrorCode::kInternal, .message = "A server is started once."};
  }
  WakeLibrary();
  auto listener = OpenListener(state.options.host, state.options.port, state.options.backlog);
  if (!listener) return listener.error();
  state.port = listener->port;
  auto started = state.loop.Start(
      std::move(listener->socket),
      [&state](Connection& connection) { return state.workers.Submit(connection); },
      [&state](Connection& connection) { state.Shed(connection); });
  if (!started) return started;
  state.started = true;
  state.logger.Debug(
      "Listening", {{"host", state.options.host}, {"port", static_cast<std::int64_t>(state.port)}});
  return {};
}

std::uint16_t Server::port() const noexcept {
  return state_->port;
}

Result<void> Server::Wait() {
  return state_->loop.Wait();
}

void Server::Stop(std::chrono::milliseconds grace) {
  State& state = *state_;
  const MutexLock lock(state.stop_mutex);
  const bool was_stopping = state.stopping.exchange(true);
  if (was_stopping) return;
  if (state.started) {
    state.loop.StopAccepting();
    state.loop.AwaitEmpty(Deadline::After(state.clock, grace));
    state.cutting = true;
    state.loop.CutAll();
  }
  state.workers.Stop();
  state.loop.Join();
}

}  // namespace vcache::http
