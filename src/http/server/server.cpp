#include "vcache/http/server/server.h"

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "http/server/event_loop.h"
#include "http/server/exchange.h"
#include "http/server/listener.h"
#include "http/server/refusal.h"
#include "http/server/response_writer.h"
#include "http/server/socket_io.h"
#include "vcache/core/mutex.h"
#include "vcache/core/thread_pool.h"

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
        workers(options.worker_threads, options.max_queued_requests) {}

  EventLoop::Actions LoopActions();
  std::function<void()> TaskFor(Connection& connection);
  void Serve(Connection& connection, bool may_stay);
  std::optional<Next> Advance(Connection& connection);
  bool HasNext(Connection& connection, bool may_stay);
  bool AwaitNext(Connection& connection);
  void Shed(Connection& connection);
  bool IsShortOfRoom() const {
    return loop.is_nearly_full() || (hooks.is_short_of_room && hooks.is_short_of_room());
  }

  const ServerOptions options;
  const Router router;
  const ServerHooks hooks;
  Clock& clock;
  Logger& logger;
  std::atomic<bool> draining{false};
  std::atomic<bool> stopping{false};
  std::atomic<bool> cutting{false};
  std::atomic<std::size_t> staying{0};
  std::uint16_t port = 0;
  Mutex stop_mutex;
  bool started VCACHE_GUARDED_BY(stop_mutex) = false;
  bool stopped VCACHE_GUARDED_BY(stop_mutex) = false;
  // The workers give connections back to the loop, so they are destroyed first.
  EventLoop loop;
  ThreadPool workers;
  const ServerContext context{options,
                              router,
                              hooks,
                              clock,
                              logger,
                              draining,
                              stopping,
                              [this] { return workers.crowded(); },
                              [this] { return IsShortOfRoom(); },
                              [this](Connection& connection) { loop.Resume(connection); }};
};

namespace {

/// One for each thread; the first request of a thread makes it.
ExchangeTools& ToolsOfThread() {
  thread_local const auto tools = std::make_unique<ExchangeTools>();
  return *tools;
}

/// cpp-httplib builds its tables at their first use, behind a guard that thread sanitizers cannot
/// see. Build them here, while the process has one thread.
void WakeLibrary() {
  ResponseWriter writer;
  writer.Exchange(
      {.head_only = false}, [] { return Response{}; }, [](std::string_view, std::string_view) {});
}

}  // namespace

EventLoop::Actions Server::State::LoopActions() {
  EventLoop::Actions actions;
  actions.begin = [this](Connection& c) { return workers.Submit(TaskFor(c), c.lane); };
  actions.go_on = [this](Connection& c) { return workers.Continue(TaskFor(c), c.lane); };
  actions.shed = [this](Connection& c) { Shed(c); };
  actions.is_urgent = [this](Connection& c) {
    return !c.refusal && router.IsUrgent(c.input.view());
  };
  actions.serve = [this](Connection& c) { Serve(c, /*may_stay=*/false); };
  return actions;
}

std::function<void()> Server::State::TaskFor(Connection& connection) {
  return [this, &connection] { Serve(connection, /*may_stay=*/true); };
}

/// Serves one connection until it has to wait, is closed, or is queued behind other connections.
void Server::State::Serve(Connection& connection, bool may_stay) {
  while (!cutting || connection.exchange) {
    const std::optional<Next> next = Advance(connection);
    if (!next) return;
    if (*next == Next::kDrop) return loop.Drop(connection);
    if (*next == Next::kCloseGently) return loop.CloseGently(connection);
    if (*next == Next::kKeep && !HasNext(connection, may_stay)) return loop.Park(connection);
    // The loop's thread serves urgent requests: they wait for no turn.
    if (*next == Next::kTurn && !may_stay) continue;
    // Queued clients come before this client's next step. The loop's thread serves one request.
    const bool yields =
        *next == Next::kYield || *next == Next::kTurn || workers.crowded() || !may_stay;
    if (yields && workers.Continue(TaskFor(connection), connection.lane)) return;
  }
  loop.Drop(connection);
}

/// The next step of the connection's exchange. Empty when the connection is parked: it belongs to
/// the loop then.
std::optional<Next> Server::State::Advance(Connection& connection) {
  try {
    if (!connection.exchange) connection.exchange = std::make_shared<Exchange>(context, connection);
    const std::shared_ptr<Exchange> exchange = connection.exchange;
    const Next next = exchange->Run(ToolsOfThread());
    switch (next) {
      case Next::kAwaitBody:
        loop.ParkForBody(connection, exchange->patience());
        return std::nullopt;
      case Next::kAwaitOutput:
        loop.ParkForOutput(connection, exchange->patience());
        return std::nullopt;
      case Next::kHoldBack:
        loop.ParkUntil(connection, exchange->patience());
        return std::nullopt;
      case Next::kAwaitAnswer:
        loop.ParkForAnswer(connection);
        if (exchange->MeetsAnswer()) loop.Resume(connection);
        return std::nullopt;
      case Next::kAwaitIntake:
        loop.ParkForIntake(connection, exchange->patience());
        if (exchange->MeetsWake()) loop.Resume(connection);
        return std::nullopt;
      case Next::kAwaitStream:
        loop.ParkForStream(connection, exchange->patience());
        if (exchange->MeetsWake()) loop.Resume(connection);
        return std::nullopt;
      case Next::kYield:
      case Next::kTurn:
        return next;
      case Next::kKeep:
      case Next::kCloseGently:
      case Next::kDrop:
        connection.exchange.reset();
        connection.lane = connection.own_lane;
        return next;
    }
  } catch (const std::exception& e) {
    logger.Error("A worker was interrupted", {{"what", std::string_view(e.what())}});
  }
  return Next::kDrop;
}

/// Whether the connection has another whole head, or invalid input, which becomes a refusal.
bool Server::State::HasNext(Connection& connection, bool may_stay) {
  HeadStatus next = connection.FindHead(options.max_head_bytes);
  if (next == HeadStatus::kIncomplete && may_stay && AwaitNext(connection)) {
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
    Exchange(context, connection).Shed(ToolsOfThread());
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
  auto started = state.loop.Start(std::move(listener->socket), state.LoopActions());
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

void Server::Drain() {
  state_->draining = true;
}

void Server::StopAccepting(std::chrono::milliseconds most) {
  State& state = *state_;
  const MutexLock lock(state.stop_mutex);
  state.stopping = true;
  if (!state.started) return;
  state.loop.StopAccepting();
  state.loop.AwaitEmpty(Deadline::After(state.clock, most));
}

void Server::Stop(std::chrono::milliseconds grace) {
  StopAccepting(std::chrono::milliseconds(0));
  State& state = *state_;
  const MutexLock lock(state.stop_mutex);
  if (std::exchange(state.stopped, true)) return;
  if (state.started) {
    state.loop.AwaitEmpty(Deadline::After(state.clock, grace));
    state.cutting = true;
    state.loop.CutAll();
    // Routes that have not answered yet are told that their clients left.
    state.loop.AwaitEmpty(Deadline::Never());
  }
  state.workers.Stop();
  state.loop.Join();
}

}  // namespace vcache::http
