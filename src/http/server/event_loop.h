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

/// One thread accepts, and watches every connection that no worker has: idle ones, partial heads,
/// and closing ones. A connection takes a worker only with a whole head (rule H9).
class EventLoop {
 public:
  /// Hands a connection with a whole head (or a refusal) to a worker; false when the queue is full.
  using Submit = std::function<bool(Connection&)>;
  /// Answers a connection without a worker, without blocking.
  using Shed = std::function<void(Connection&)>;

  EventLoop(const ServerOptions& options, Clock& clock, Logger& logger);
  ~EventLoop();

  /// The loop's thread calls `submit` and `shed`, without a lock.
  Result<void> Start(UniqueFd listener, Submit submit, Shed shed);

  // Workers call these to return their connection to the loop.
  void Park(Connection& connection);
  void CloseGently(Connection& connection);
  void Drop(Connection& connection);

  /// Blocks until the listener fails (its error, rule H21) or `StopAccepting` is called (success).
  Result<void> Wait();

  // To stop, call these in this order, from one thread.
  void StopAccepting();                ///< Also closes connections without a whole head.
  void AwaitEmpty(Deadline deadline);  ///< Until every connection is closed.
  void CutAll();                       ///< Shuts every socket; the workers' connections then end.
  void Join();                         ///< Ends the thread and closes the remaining connections.

 private:
  enum class Phase { kRunning, kStopping, kCutting, kEnding };

  void Run() VCACHE_EXCLUDES(mutex_);
  void RunOnce() VCACHE_EXCLUDES(mutex_);
  int WaitMilliseconds() VCACHE_EXCLUDES(mutex_);
  void Accept() VCACHE_EXCLUDES(mutex_);
  void WatchListener(bool on);
  void OnAccepted(UniqueFd fd, const sockaddr_storage& address) VCACHE_EXCLUDES(mutex_);
  void OnEvent(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnInput(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnLinger(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnDue(Connection& connection) VCACHE_REQUIRES(mutex_);
  void OnPhase() VCACHE_REQUIRES(mutex_);
  void AwaitHead(Connection& connection) VCACHE_REQUIRES(mutex_);
  void Watch(Connection& connection, SteadyTime due) VCACHE_REQUIRES(mutex_);
  void MakeReady(Connection& connection) VCACHE_REQUIRES(mutex_);
  void SubmitReady() VCACHE_EXCLUDES(mutex_);
  void Refuse(Connection& connection) VCACHE_EXCLUDES(mutex_);
  void Linger(Connection& connection) VCACHE_REQUIRES(mutex_);
  void Remove(Connection& connection) VCACHE_REQUIRES(mutex_);
  void Wake();
  void ListenerFailed(const Error& error) VCACHE_EXCLUDES(mutex_);

  const ServerOptions& options_;
  Clock& clock_;
  Logger& logger_;
  Submit submit_;
  Shed shed_;
  UniqueFd epoll_;
  UniqueFd wakeup_;
  std::unique_ptr<Acceptor> acceptor_;      // the loop's thread only
  std::vector<Connection*> ready_;          // the loop's thread only
  std::optional<SteadyTime> accept_again_;  // the loop's thread only

  mutable Mutex mutex_;
  ConditionVariable changed_;
  ConnectionTable table_ VCACHE_GUARDED_BY(mutex_);
  Phase phase_ VCACHE_GUARDED_BY(mutex_) = Phase::kRunning;
  Phase handled_ VCACHE_GUARDED_BY(mutex_) = Phase::kRunning;
  /// When the loop looks by itself.
  SteadyTime awake_at_ VCACHE_GUARDED_BY(mutex_) = SteadyTime::min();
  std::optional<Error> failure_ VCACHE_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace vcache::http
