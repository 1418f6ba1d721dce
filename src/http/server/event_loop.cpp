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
#include "http/server/exchange.h"

namespace vcache::http {
namespace {

/// The pause of accepting when the machine lacks descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};
/// The time that connections need which are being made when the server stops: a round trip to the
/// proxy in front, and more.
constexpr std::chrono::milliseconds kLastHandshakes{20};
/// More batches than the backlog holds.
constexpr int kLastBatches = 1024;

Error SystemError(std::string_view what) {
  return {.code = ErrorCode::kIo,
          .message = std::string(what) + ": " + std::generic_category().message(errno)};
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

Result<void> EventLoop::Start(UniqueFd listener, Actions actions) {
  actions_ = std::move(actions);
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
  while ((handled_ < Phase::kStopping || listens_ || !table_.empty()) &&
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
    for (Connection* const connection : std::exchange(resumed_, {})) MakeReady(*connection);
    const SteadyTime now = clock_.Now();
    while (Connection* const late = table_.TakeDue(now)) OnDue(*late);
    if (accept_again_ && *accept_again_ <= now) WatchListener(true);
  }
  if (accept) Accept();
  HandlePhase();
  Act();
}

int EventLoop::WaitMilliseconds() {
  const MutexLock lock(mutex_);
  std::optional<SteadyTime> next = table_.NextDue();
  if (close_listener_at_) next = next ? std::min(*next, *close_listener_at_) : *close_listener_at_;
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
    if (!listens_ || failure_) return;
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

void EventLoop::HandlePhase() {
  bool cuts = false;
  {
    const MutexLock lock(mutex_);
    cuts = phase_ >= Phase::kCutting;
    const bool stops = phase_ != handled_ && handled_ == Phase::kRunning;
    if (stops && acceptor_->IgnoreNew()) close_listener_at_ = clock_.Now() + kLastHandshakes;
    OnPhase();
    if (!listens_ || handled_ == Phase::kRunning) return;
  }
  if (cuts || !close_listener_at_ || *close_listener_at_ <= clock_.Now()) CloseListener();
}

/// A proxy may have sent its request already to whoever is in the queue. A closed queue would lose
/// those; after a refused connection it asks another replica.
void EventLoop::CloseListener() {
  close_listener_at_.reset();
  accept_again_.reset();
  const auto take = [this](UniqueFd fd, const sockaddr_storage& address) {
    OnAccepted(std::move(fd), address);
  };
  for (int i = 0; i < kLastBatches; ++i) {
    if (acceptor_->Accept(take) != Acceptor::Outcome::kMore) break;
  }
  acceptor_->Close();
  const MutexLock lock(mutex_);
  listens_ = false;
  changed_.NotifyAll();
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
  const auto numeric = IpAddress::Parse(peer.text);
  connection->is_proxy = numeric && options_.proxies.IsProxy(*numeric);
  connection->peer = std::move(peer.text);
  connection->group = std::move(peer.group);
  connection->own_lane = connection->group;
  // No client of a proxy waits until the heads of another's requests are read one by one.
  if (connection->is_proxy) {
    connection->own_lane += "#" + std::to_string(connection->socket.get());
  }
  connection->lane = connection->own_lane;
  const MutexLock lock(mutex_);
  if (table_.full()) {
    if (Connection* const idle = table_.LongestIdle()) Remove(*idle);
  }
  Connection* const added = table_.Add(std::move(connection));
  is_nearly_full_ = table_.nearly_full();
  if (added == nullptr) return;
  if (added->counted) {
    AwaitHead(*added);
  } else {
    AwaitRefusal(*added);
  }
}

void EventLoop::OnEvent(Connection& connection) {
  connection.armed = false;
  connection.woken_at = clock_.Now();
  switch (connection.state) {
    case Connection::State::kLingering:
      return OnLinger(connection);
    case Connection::State::kBody:
    case Connection::State::kOutput:
      return MakeReady(connection);
    case Connection::State::kAnswer:
    case Connection::State::kStream:
      left_.push_back(connection.exchange);
      return;
    case Connection::State::kIdle:
    case Connection::State::kHead:
    case Connection::State::kBusy:
      return OnInput(connection);
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
  Watch(connection, EPOLLIN, LingersUntil(connection));
}

void EventLoop::OnDue(Connection& connection) {
  switch (connection.state) {
    case Connection::State::kBody:
    case Connection::State::kOutput:
      connection.is_late = true;
      connection.woken_at = clock_.Now();
      return MakeReady(connection);
    case Connection::State::kStream:
      // It stays parked: only its exchange knows whether another thread has resumed it.
      woken_.push_back(connection.exchange);
      return;
    case Connection::State::kHead:
      if (phase_ != Phase::kRunning) return Remove(connection);
      connection.refusal = Error{.code = ErrorCode::kRequestTimeout,
                                 .message = "The head of the request arrived too slowly."};
      return MakeReady(connection);
    default:
      return Remove(connection);  // an idle client gets no answer (rule H8)
  }
}

void EventLoop::OnPhase() {
  if (phase_ == handled_) return;
  handled_ = phase_;
  using State = Connection::State;
  std::vector<Connection*> parked;
  for (const auto& [connection, owner] : table_.all()) {
    const State state = connection->state;
    if (state == State::kBody || (state == State::kLingering && phase_ < Phase::kCutting)) {
      const auto most = state == State::kBody ? options_.stop_pause : LingerTime();
      table_.SetDue(*connection, std::min(*connection->due, clock_.Now() + most));
    } else if (state == State::kIdle || state == State::kHead || state == State::kLingering) {
      parked.push_back(connection);
    } else if (state == State::kStream) {
      (phase_ < Phase::kCutting ? woken_ : left_).push_back(connection->exchange);
    }
    if (state == State::kHead) {
      table_.SetDue(*connection, std::min(*connection->due, clock_.Now() + options_.stop_pause));
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

void EventLoop::Act() {
  for (const auto& exchange : std::exchange(left_, {})) exchange->ClientLeft();
  for (const auto& exchange : std::exchange(woken_, {})) exchange->Wake();
  for (Connection* const connection : std::exchange(ready_, {})) ActOn(*connection);
}

void EventLoop::ActOn(Connection& connection) {
  if (connection.exchange) {
    if (!actions_.go_on(connection)) Drop(connection);
  } else if (connection.counted && actions_.is_urgent(connection)) {
    actions_.serve(connection);
  } else if (!connection.counted || !actions_.begin(connection)) {
    Refuse(connection);
  }
}

void EventLoop::Refuse(Connection& connection) {
  actions_.shed(connection);
  const MutexLock lock(mutex_);
  Linger(connection);
}

}  // namespace vcache::http
