#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "http/server/acceptor.h"
#include "http/server/connection_table.h"
#include "vcache/core/mutex.h"
#include "vcache/http/server/server.h"

namespace vcache::http {

/// One thread accepts, and watches every connection that no worker has: those that wait for a head,
/// for more of a body, for their route's answer or stream, for their client to read it, and closing
/// ones. A connection has a worker only while there is something to do (rule H9).
class EventLoop {
 public:
  /// What the loop's thread does with a connection that has something to do. None may block.
  struct Actions {
    /// Hands it to a worker; false when the queue is full.
    std::function<bool(Connection&)> begin;
    /// Hands it to a worker, however long the queue is; false when there is no worker at all.
    std::function<bool(Connection&)> go_on;
    /// Answers that there are too many requests.
    std::function<void(Connection&)> shed;
    /// Whether this thread itself shall answer the request.
    std::function<bool(Connection&)> is_urgent;
    /// Answers it.
    std::function<void(Connection&)> serve;
  };

  EventLoop(const ServerOptions& options, Clock& clock, Logger& logger);
  ~EventLoop();

  /// The loop's thread calls the actions, without a lock.
  Result<void> Start(UniqueFd listener, Actions actions);

  // Whoever has a connection calls these to return it to the loop.
  void Park(Connection& connection);
  void ParkForBody(Connection& connection, SteadyTime until);
  void ParkForAnswer(Connection& connection);
  void ParkUntil(Connection& connection, SteadyTime until);
  void ParkForOutput(Connection& connection, SteadyTime until);
  void ParkForStream(Connection& connection, SteadyTime until);
  void ParkForIntake(Connection& connection, SteadyTime until);
  void CloseGently(Connection& connection);
  void Drop(Connection& connection);

  /// Whether most of the connections that may be open are. Thread-safe.
  bool is_nearly_full() const noexcept { return is_nearly_full_.load(); }

  /// The route of a connection that was parked for its answer has answered, or its stream was
  /// woken. Thread-safe.
  void Resume(Connection& connection);

  /// Blocks until the listener fails (its error, rule H21) or `StopAccepting` is called (success).
  Result<void> Wait();

  // To stop, call these in this order, from one thread.
  /// Takes the clients that are connected already, and no more. Closes connections that wait for
  /// another request; those that have not sent their first one get `stop_pause` for it.
  void StopAccepting();
  void AwaitEmpty(Deadline deadline);  ///< Until every connection is closed.
  void CutAll();                       ///< Shuts every socket; the workers' connections then end.
  void Join();                         ///< Ends the thread and closes the remaining connections.

 private:
  enum class Phase { kRunning, kStopping, kCutting, kEnding };

  void Run() VCACHE_EXCLUDES(mutex_);
  void RunOnce() VCACHE_EXCLUDES(mutex_);
  int WaitMilliseconds() VCACHE_EXCLUDES(mutex_);
  void Accept() VCACHE_EXCLUDES(mutex_);
  void HandlePhase() VCACHE_EXCLUDES(mutex_);
  void CloseListener() VCACHE_EXCLUDES(mutex_);
  void WatchListener(bool on);
  void OnAccepted(UniqueFd fd, const sockaddr_storage& address) VCACHE_EXCLUDES(mutex_);
  void OnEvent(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnInput(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnLinger(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnDue(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnPhase() VCACHE_REQUIRES(mutex_);
  void AwaitHead(Connection& connection) VCACHE_REQUIRES(mutex_);
  void AwaitRefusal(Connection& connection) VCACHE_REQUIRES(mutex_);
  void Watch(Connection& connection, std::uint32_t events, std::optional<SteadyTime> due)
      VCACHE_REQUIRES(mutex_);
  void MakeReady(Connection& connection) VCACHE_REQUIRES(mutex_);
  void Act() VCACHE_EXCLUDES(mutex_);
  void ActOn(Connection& connection) VCACHE_EXCLUDES(mutex_);
  void Refuse(Connection& connection) VCACHE_EXCLUDES(mutex_);
  void Linger(Connection& connection) VCACHE_REQUIRES(mutex_);
  void Remove(Connection& connection) VCACHE_REQUIRES(mutex_);
  SteadyTime LingersUntil(const Connection& connection) const VCACHE_REQUIRES(mutex_);
  std::chrono::milliseconds LingerTime() const VCACHE_REQUIRES(mutex_);
  void Wake();
  void ListenerFailed(const Error& error) VCACHE_EXCLUDES(mutex_);

  const ServerOptions& options_;
  Clock& clock_;
  Logger& logger_;
  Actions actions_;
  UniqueFd epoll_;
  UniqueFd wakeup_;
  std::unique_ptr<Acceptor> acceptor_;  // the loop's thread only
  std::vector<Connection*> ready_;      // the loop's thread only
  /// Exchanges whose clients left while they were parked for an answer or a stream. The loop's
  /// thread only.
  std::vector<std::shared_ptr<Exchange>> left_;
  /// Those whose streams are to look at the time or at a stop. The loop's thread only.
  std::vector<std::shared_ptr<Exchange>> woken_;
  std::optional<SteadyTime> accept_again_;  // the loop's thread only
  /// After the stop began: when the last clients have come.
  std::optional<SteadyTime> close_listener_at_;  // the loop's thread only

  mutable Mutex mutex_;
  ConditionVariable changed_;
  ConnectionTable table_ VCACHE_GUARDED_BY(mutex_);
  std::vector<Connection*> resumed_ VCACHE_GUARDED_BY(mutex_);
  Phase phase_ VCACHE_GUARDED_BY(mutex_) = Phase::kRunning;
  Phase handled_ VCACHE_GUARDED_BY(mutex_) = Phase::kRunning;
  /// When the loop looks by itself.
  SteadyTime awake_at_ VCACHE_GUARDED_BY(mutex_) = SteadyTime::min();
  bool listens_ VCACHE_GUARDED_BY(mutex_) = true;
  std::optional<Error> failure_ VCACHE_GUARDED_BY(mutex_);
  std::atomic<bool> is_nearly_full_{false};
  std::thread thread_;
};

}  // namespace vcache::http
