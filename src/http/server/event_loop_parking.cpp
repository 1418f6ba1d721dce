// How the event loop keeps the connections that no worker has.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "http/server/event_loop.h"

namespace vcache::http {
namespace {

/// How long a client that will be turned away may take to say what it wants.
constexpr std::chrono::milliseconds kPatienceBeforeRefusal{1'000};

}  // namespace

std::chrono::milliseconds EventLoop::LingerTime() const {
  // During a stop, clients get less time to close answered connections.
  return phase_ == Phase::kRunning ? options_.linger_time
                                   : std::min(options_.linger_time, options_.stop_pause);
}

/// Until when a closing connection may go on sending what is dropped.
SteadyTime EventLoop::LingersUntil(const Connection& connection) const {
  if (phase_ != Phase::kRunning) return *connection.due;
  const std::uint64_t dropped = options_.linger_bytes - connection.linger_bytes;
  const std::uint64_t rate = std::max<std::uint64_t>(1, options_.linger_bytes_per_second);
  const std::chrono::milliseconds earned(dropped * 1000 / rate);
  return connection.lingers_since +
         std::max(options_.linger_time,
                  std::min(options_.linger_time + earned, options_.longest_linger));
}

void EventLoop::Park(Connection& connection) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kIdle;
  connection.has_served = true;
  AwaitHead(connection);
}

void EventLoop::ParkForBody(Connection& connection, SteadyTime until) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kBody;
  if (phase_ != Phase::kRunning) until = std::min(until, clock_.Now() + options_.stop_pause);
  Watch(connection, EPOLLIN, until);
}

void EventLoop::ParkForAnswer(Connection& connection) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kAnswer;
  // Only to hear of a client that leaves. What it sends meanwhile waits.
  Watch(connection, EPOLLRDHUP, std::nullopt);
}

void EventLoop::ParkUntil(Connection& connection, SteadyTime until) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kOutput;
  // Not for a client that shuts its writing side: it would not have to wait.
  Watch(connection, 0, until);
}

void EventLoop::ParkForOutput(Connection& connection, SteadyTime until) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kOutput;
  Watch(connection, EPOLLOUT, until);
}

void EventLoop::ParkForStream(Connection& connection, SteadyTime until) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kStream;
  // Only to hear of a client that leaves, as for an answer.
  Watch(connection, EPOLLRDHUP,
        until == SteadyTime::max() ? std::nullopt : std::optional<SteadyTime>(until));
}

void EventLoop::ParkForIntake(Connection& connection, SteadyTime until) {
  const MutexLock lock(mutex_);
  connection.state = Connection::State::kStream;
  // Only to hear of a connection that breaks. A client that has sent all may shut its writing side.
  Watch(connection, 0, until);
}

void EventLoop::CloseGently(Connection& connection) {
  const MutexLock lock(mutex_);
  Linger(connection);
}

void EventLoop::Drop(Connection& connection) {
  const MutexLock lock(mutex_);
  Remove(connection);
}

void EventLoop::Resume(Connection& connection) {
  const MutexLock lock(mutex_);
  // The loop's thread takes it: epoll may just have reported it.
  if (resumed_.empty()) Wake();
  resumed_.push_back(&connection);
}

void EventLoop::AwaitHead(Connection& connection) {
  using State = Connection::State;
  // A stop waits for requests in progress, not for possible ones. The first request of a connection
  // counts as in progress: nobody connects for anything else.
  const bool stops = phase_ != Phase::kRunning;
  if (phase_ >= Phase::kCutting || (stops && connection.has_served && connection.input.empty())) {
    return Remove(connection);
  }
  const SteadyTime now = clock_.Now();
  if (stops && connection.state != State::kHead) {
    connection.state = State::kHead;
    return Watch(connection, EPOLLIN, now + std::min(options_.stop_pause, options_.header_timeout));
  }
  if (connection.input.empty() && connection.counted) {
    connection.state = State::kIdle;
    // A client that has sent nothing yet gets the time for a head.
    const auto most = connection.has_served
                          ? options_.keep_alive_timeout
                          : std::min(options_.keep_alive_timeout, options_.header_timeout);
    return Watch(connection, EPOLLIN, connection.due.value_or(now + most));
  }
  // One deadline for the whole head, from its first byte on (rule H8).
  const bool began = connection.state != State::kHead || !connection.due;
  connection.state = State::kHead;
  Watch(connection, EPOLLIN, began ? now + options_.header_timeout : *connection.due);
}

/// The head tells the page's origin, without which a browser hides the answer from the page.
void EventLoop::AwaitRefusal(Connection& connection) {
  if (phase_ != Phase::kRunning) return Remove(connection);
  connection.state = Connection::State::kHead;
  Watch(connection, EPOLLIN,
        clock_.Now() + std::min(kPatienceBeforeRefusal, options_.header_timeout));
}

void EventLoop::Linger(Connection& connection) {
  if (phase_ >= Phase::kCutting) return Remove(connection);
  // Closing with unread input would send a reset, and the client might lose the answer (rule H6).
  ::shutdown(connection.socket.get(), SHUT_WR);
  connection.input.Consume(connection.input.view().size());
  connection.state = Connection::State::kLingering;
  connection.linger_bytes = options_.linger_bytes;
  connection.lingers_since = clock_.Now();
  Watch(connection, EPOLLIN, clock_.Now() + LingerTime());
}

void EventLoop::Watch(Connection& connection, std::uint32_t events, std::optional<SteadyTime> due) {
  // One event at a time: the connection may change its owner between two events.
  epoll_event event{.events = events | EPOLLONESHOT, .data = {.ptr = &connection}};
  const int operation = connection.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_.get(), operation, connection.socket.get(), &event) != 0) {
    // Without an event nobody would hear of the client. A route's answer still comes.
    using State = Connection::State;
    if (connection.state == State::kAnswer || connection.state == State::kStream) return;
    return Remove(connection);
  }
  connection.watched = true;
  connection.armed = true;
  table_.SetDue(connection, due);
  if (due && *due < awake_at_) Wake();
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

void EventLoop::Remove(Connection& connection) {
  table_.Remove(connection);
  is_nearly_full_ = table_.nearly_full();
  if (phase_ != Phase::kRunning && table_.empty()) changed_.NotifyAll();
}

void EventLoop::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

}  // namespace vcache::http
