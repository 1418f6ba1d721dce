#pragma once

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "http/server/connection.h"

namespace vcache::http {

/// Threads for requests. A thread starts when none is free, up to a limit, and stays. Thread-safe.
class WorkerPool {
 public:
  /// A worker's function for a connection; its thread makes it with `MakeJob`.
  using Job = std::function<void(Connection&)>;
  using MakeJob = std::function<Job()>;

  WorkerPool(std::size_t max_threads, std::size_t max_queued, MakeJob make_job);
  ~WorkerPool();

  /// False when the queue is full (rule H10); the caller then keeps the connection.
  bool Submit(Connection& connection);
  /// Whether requests wait for a thread; then workers must not wait for their clients.
  bool crowded() const;
  std::size_t threads() const;

  /// Serves every queued connection, then ends the threads. Do not submit afterwards.
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
