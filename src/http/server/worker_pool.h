#pragma once

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "http/server/connection.h"

namespace vcache::http {

/// Threads for requests in progress. They are started when there is work and none is free, up to a
/// limit, and stay. All calls are thread-safe.
class WorkerPool {
 public:
  /// What one worker does with a connection; made in its thread, by `Make`.
  using Job = std::function<void(Connection&)>;
  using MakeJob = std::function<Job()>;

  WorkerPool(std::size_t max_threads, std::size_t max_queued, MakeJob make_job);
  ~WorkerPool();

  /// False when the queue is full (rule H10); the connection is then still the caller's.
  bool Submit(Connection& connection);
  /// Whether requests wait for a thread: then nobody may dawdle.
  bool crowded() const;
  std::size_t threads() const;

  /// Waits until every queued connection is served and ends the threads. Nothing may be submitted
  /// afterwards.
  void Stop();

 private:
  static void* RunThread(void* pool);
  void Run();
  bool StartThread();  // needs mutex_

  const std::size_t max_threads_;
  const std::size_t max_queued_;
  const MakeJob make_job_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Connection*> queue_;   // guarded by mutex_
  std::vector<pthread_t> threads_;  // guarded by mutex_
  std::size_t idle_ = 0;            // guarded by mutex_
  bool stopping_ = false;           // guarded by mutex_
};

}  // namespace vcache::http
