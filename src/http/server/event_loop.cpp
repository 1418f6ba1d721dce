#include "http/server/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

#include "http/parsing/request_head.h"
#include "http/server/refusal.h"

namespace vcache::http {
namespace {

/// The pause of accepting when the machine lacks descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};

Error SystemError(std::string_view what) {
  return {.code = ErrorCode::kIo,
          .message = std::string(what) + ": " + std::generic_category().message(errno)};
}

/// During a stop, clients get less time to close answered connections.
std::chrono::milliseconds StopLinger(const ServerOptions& options) {
  return std::min(options.linger_time, options.stop_pause);
}

}  // namespace

EventLoop::EventLoop(const ServerOptions& options, Clock& clock, Logger& logger)
    : options_(options),
      clock_(clock),
      logger_(logger),
      table_(
          {.total = options.max_connections, .per_address = options.max_connections_per_address}) {}

EventLoop::~EventLoop() {
  Join();
}

Result<void> EventLoop::Start(UniqueFd listener, Submit submit, Shed shed) {
  submit_ = std::move(submit);
  shed_ = std::move(shed);
  acceptor_ = std::make_unique<Acceptor>(std::move(listener), logger_);
  epoll_.Reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return SystemError("Cannot make an epoll descriptor");
  wakeup_.Reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wakeup_) return SystemError("Cannot make an event descriptor");
  epoll_event wakeup{.events = EPOLLIN, .data = {.ptr = &wakeup_}};
  epoll_event accept{.events = EPOLLIN, .data = {.ptr = &acceptor_}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &wakeup) != 0 ||
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, acceptor_->fd(), &accept) != 0) {
    return SystemError("Cannot watch the listening socket");
  }
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& e) {
    return Error{.code = ErrorCode::kIo,
                 .message = "Cannot start the server's thread: " + e.code().message()};
  }
  return {};
}

void EventLoop::Park(Connection& connection) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kIdle;
  AwaitHead(connection);
}

void EventLoop::CloseGently(Connection& connection) {
  const MutexLock lock(mutex_);
  Linger(connection);
}

void EventLoop::Drop(Connection& connection) {
  const MutexLock lock(mutex_);
  Remove(connection);
}

Result<void> EventLoop::Wait() {
  MutexLock lock(mutex_);
  while (!failure_ && phase_ == Phase::kRunning) {
    clock_.WaitUntil(changed_, lock, SteadyTime::max());
  }
  if (failure_) return *failure_;
  return {};
}

void EventLoop::StopAccepting() {
  const MutexLock lock(mutex_);
  phase_ = std::max(phase_, Phase::kStopping);
  changed_.NotifyAll();
  Wake();
}

void EventLoop::AwaitEmpty(Deadline deadline) {
  MutexLock lock(mutex_);
  while ((handled_ < Phase::kStopping || !table_.empty()) &&
         clock_.WaitUntil(changed_, lock, deadline.time())) {
  }
}

void EventLoop::CutAll() {
  const MutexLock lock(mutex_);
  phase_ = std::max(phase_, Phase::kCutting);
  // Wakes every worker that reads or writes; a computing worker notices when it answers.
  for (const auto& [connection, owner] : table_.all()) {
    ::shutdown(connection->socket.get(), SHUT_RDWR);
  }
  Wake();
}

void EventLoop::Join() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    phase_ = Phase::kEnding;
    changed_.NotifyAll();
    Wake();
  }
  thread_.join();
}

void EventLoop::Run() {
  for (;;) {
    {
      const MutexLock lock(mutex_);
      if (phase_ == Phase::kEnding) break;
    }
    try {
      RunOnce();
    } catch (const std::exception& e) {
      // Out of memory: the next iteration may have more.
      logger_.Error("The event loop was interrupted", {{"what", std::string_view(e.what())}});
    }
  }
  acceptor_->Close();
}

void EventLoop::RunOnce() {
  std::array<epoll_event, 256> events;  // NOLINT: filled by epoll_wait
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), WaitMilliseconds());
  bool accept = false;
  {
    const MutexLock lock(mutex_);
    awake_at_ = SteadyTime::min();
    for (int i = 0; i < count; ++i) {
      void* const what = events[static_cast<std::size_t>(i)].data.ptr;
      if (what == &wakeup_) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t got = ::read(wakeup_.get(), &ignored, sizeof ignored);
      } else if (what == &acceptor_) {
        accept = true;
      } else {
        OnEvent(*static_cast<Connection*>(what));
      }
    }
    const SteadyTime now = clock_.Now();
    while (Connection* const late = table_.TakeDue(now)) OnDue(*late);
    if (accept_again_ && *accept_again_ <= now) WatchListener(true);
    OnPhase();
  }
  if (accept) Accept();
  SubmitReady();
}

int EventLoop::WaitMilliseconds() {
  const MutexLock lock(mutex_);
  std::optional<SteadyTime> next = table_.NextDue();
  if (accept_again_) next = next ? std::min(*next, *accept_again_) : *accept_again_;
  // The phase may have changed since this iteration read it.
  if (phase_ != handled_) next = clock_.Now();
  awake_at_ = next.value_or(SteadyTime::max());
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.Now());
  constexpr std::chrono::milliseconds kLongest{std::numeric_limits<int>::max()};
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLongest).count());
}

void EventLoop::Accept() {
  {
    const MutexLock lock(mutex_);
    if (handled_ != Phase::kRunning || failure_) return;
  }
  const auto outcome = acceptor_->Accept(
      [this](UniqueFd fd, const sockaddr_storage& address) { OnAccepted(std::move(fd), address); });
  if (outcome == Acceptor::Outcome::kPause) {
    accept_again_ = clock_.Now() + kAcceptPause;
    WatchListener(false);
  } else if (outcome == Acceptor::Outcome::kFailed) {
    ListenerFailed(acceptor_->failure());
  }
}

void EventLoop::WatchListener(bool on) {
  if (on) accept_again_.reset();
  epoll_event event{.events = on ? static_cast<std::uint32_t>(EPOLLIN) : 0,
                    .data = {.ptr = &acceptor_}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, acceptor_->fd(), &event);
}

void EventLoop::ListenerFailed(const Error& error) {
  logger_.Error("The server no longer accepts connections", {{"why", error.message}});
  acceptor_->Close();
  const MutexLock lock(mutex_);
  failure_ = error;
  changed_.NotifyAll();
}

void EventLoop::OnAccepted(UniqueFd fd, const sockaddr_storage& address) {
  auto connection = std::make_unique<Connection>(std::move(fd));
  PeerAddress peer = DescribePeer(address);
  connection->peer = std::move(peer.text);
  connection->group = std::move(peer.group);
  const MutexLock lock(mutex_);
  Connection* const added = table_.Add(std::move(connection));
  if (added == nullptr) return;
  if (added->counted) {
    AwaitHead(*added);
  } else {
    MakeReady(*added);
  }
}

void EventLoop::OnEvent(Connection& connection) {
  connection.armed = false;
  if (connection.state == Connection::State::kLingering) {
    OnLinger(connection);
  } else {
    OnInput(connection);
  }
}

void EventLoop::OnInput(Connection& connection) {
  const ReadStatus read = connection.ReadMore();
  if (read == ReadStatus::kEnd || read == ReadStatus::kFailed) return Remove(connection);
  switch (connection.FindHead(options_.max_head_bytes)) {
    case HeadStatus::kIncomplete:
      return AwaitHead(connection);
    case HeadStatus::kTooLarge:
      connection.refusal = HeadTooLarge(options_.max_head_bytes);
      return MakeReady(connection);
    case HeadStatus::kComplete:
      return MakeReady(connection);
  }
}

void EventLoop::OnLinger(Connection& connection) {
  std::array<char, 64 * 1024> dropped;  // NOLINT: filled by recv
  const ssize_t count =
      ::recv(connection.socket.get(), dropped.data(), dropped.size(), MSG_DONTWAIT);
  const bool nothing_yet = count < 0 && (errno == EAGAIN || errno == EINTR);
  if (count == 0 || (count < 0 && !nothing_yet)) return Remove(connection);
  const auto bytes = static_cast<std::uint64_t>(std::max<ssize_t>(count, 0));
  if (bytes > connection.linger_bytes) return Remove(connection);
  connection.linger_bytes -= bytes;
  Watch(connection, *connection.due);
}

void EventLoop::OnDue(Connection& connection) {
  // An idle client gets no answer; a client within a head gets one (rule H8).
  if (connection.state != Connection::State::kHead) return Remove(connection);
  connection.refusal = Error{.code = ErrorCode::kRequestTimeout,
                             .message = "The head of the request arrived too slowly."};
  MakeReady(connection);
}

void EventLoop::OnPhase() {
  if (phase_ == handled_) return;
  handled_ = phase_;
  accept_again_.reset();
  acceptor_->Close();
  std::vector<Connection*> parked;
  for (const auto& [connection, owner] : table_.all()) {
    if (connection->state == Connection::State::kBusy) continue;
    if (connection->state == Connection::State::kLingering && phase_ < Phase::kCutting) {
      table_.SetDue(*connection, std::min(*connection->due, clock_.Now() + StopLinger(options_)));
    } else {
      parked.push_back(connection);
    }
  }
  for (Connection* const connection : parked) {
    // A request whose whole head is in the kernel's buffer counts as in progress.
    if (phase_ == Phase::kStopping) {
      OnInput(*connection);
    } else {
      Remove(*connection);
    }
  }
  changed_.NotifyAll();
}

void EventLoop::AwaitHead(Connection& connection) {
  using State = Connection::State;
  // A stop waits for requests in progress, not for possible ones.
  if (phase_ != Phase::kRunning) return Remove(connection);
  const SteadyTime now = clock_.Now();
  if (connection.input.empty()) {
    connection.state = State::kIdle;
    return Watch(connection, connection.due.value_or(now + options_.keep_alive_timeout));
  }
  // One deadline for the whole head, from its first byte on (rule H8).
  const bool began = connection.state != State::kHead || !connection.due;
  connection.state = State::kHead;
  Watch(connection, began ? now + options_.header_timeout : *connection.due);
}

void EventLoop::Watch(Connection& connection, SteadyTime due) {
  // One event at a time: the connection may change its owner between two events.
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.ptr = &connection}};
  const int operation = connection.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_.get(), operation, connection.socket.get(), &event) != 0) {
    return Remove(connection);
  }
  connection.watched = true;
  connection.armed = true;
  table_.SetDue(connection, due);
  if (due < awake_at_) Wake();
}

void EventLoop::MakeReady(Connection& connection) {
  connection.state = Connection::State::kBusy;
  table_.SetDue(connection, std::nullopt);
  if (connection.armed) {
    // It is ready without an event (timer or stop): a later event would report a worker's
    // connection. Epoll reports ends and errors even for an empty event set.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.socket.get(), nullptr);
    connection.watched = false;
    connection.armed = false;
  }
  ready_.push_back(&connection);
}

void EventLoop::SubmitReady() {
  const std::vector<Connection*> ready = std::exchange(ready_, {});
  for (Connection* const connection : ready) {
    if (!connection->counted || !submit_(*connection)) Refuse(*connection);
  }
}

void EventLoop::Refuse(Connection& connection) {
  shed_(connection);
  const MutexLock lock(mutex_);
  Linger(connection);
}

void EventLoop::Linger(Connection& connection) {
  if (phase_ >= Phase::kCutting) return Remove(connection);
  // Closing with unread input would send a reset, and the client might lose the answer (rule H6).
  ::shutdown(connection.socket.get(), SHUT_WR);
  connection.input.Consume(connection.input.view().size());
  connection.state = Connection::State::kLingering;
  connection.linger_bytes = options_.linger_bytes;
  Watch(connection,
        clock_.Now() + (phase_ == Phase::kRunning ? options_.linger_time : StopLinger(options_)));
}

void EventLoop::Remove(Connection& connection) {
  table_.Remove(connection);
  if (phase_ != Phase::kRunning && table_.empty()) changed_.NotifyAll();
}

void EventLoop::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

}  // namespace vcache::http
