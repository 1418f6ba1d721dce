#pragma once

#include <pthread.h>

#include <deque>
#include <functional>
#include <vector>

#include "http/server/connection.h"
#include "vcache/core/mutex.h"

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
  void Run() VCACHE_EXCLUDES(mutex_);
  bool StartThread() VCACHE_REQUIRES(mutex_);

  const std::size_t max_threads_;
  const std::size_t max_queued_;
  const MakeJob make_job_;
  mutable Mutex mutex_;
  ConditionVariable work_;
  std::deque<Connection*> queue_ VCACHE_GUARDED_BY(mutex_);
  std::vector<pthread_t> threads_ VCACHE_GUARDED_BY(mutex_);
  std::size_t idle_ VCACHE_GUARDED_BY(mutex_) = 0;
  bool stopping_ VCACHE_GUARDED_BY(mutex_) = false;
};

}  // namespace vcache::http
