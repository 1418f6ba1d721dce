#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "http/server/acceptor.h"
#include "http/server/connection_table.h"
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

  void Run();
  void RunOnce();
  int WaitMilliseconds();
  void Accept();
  void WatchListener(bool on);
  void OnAccepted(UniqueFd fd, const sockaddr_storage& address);
  void OnEvent(Connection& connection);
  void OnInput(Connection& connection);
  void OnLinger(Connection& connection);
  void OnDue(Connection& connection);
  void OnPhase();
  void AwaitHead(Connection& connection);
  void Watch(Connection& connection, SteadyTime due);
  void MakeReady(Connection& connection);
  void SubmitReady();
  void Refuse(Connection& connection);
  void Linger(Connection& connection);
  void Remove(Connection& connection);
  void Wake();
  void ListenerFailed(const Error& error);

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

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  ConnectionTable table_;                    // guarded by mutex_
  Phase phase_ = Phase::kRunning;            // guarded by mutex_
  Phase handled_ = Phase::kRunning;          // guarded by mutex_
  SteadyTime awake_at_ = SteadyTime::min();  // guarded by mutex_: when the loop looks by itself
  std::optional<Error> failure_;             // guarded by mutex_
  std::thread thread_;
};

}  // namespace vcache::http
