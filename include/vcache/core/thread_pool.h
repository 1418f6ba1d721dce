#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "vcache/core/mutex.h"

namespace vcache {

/// Threads that run tasks: of each client its oldest, the clients in turn, so that no client's many
/// tasks hold up another's few. A thread starts when none is free, up to a limit; one without a
/// task for `idle_life` ends, but the last. Thread-safe; what the tasks use must outlive it.
class ThreadPool {
 public:
  /// Must not throw.
  using Task = std::function<void()>;

  /// `max_queued`: the most tasks of one client that may wait for a thread.
  ThreadPool(std::size_t max_threads, std::size_t max_queued,
             std::chrono::milliseconds idle_life = std::chrono::seconds(30));
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// False, without taking the task, when too many of the client's wait (rule H10).
  bool Submit(Task task, std::string_view client = {});
  /// Takes the task however many wait: the next step of work that was taken in before. False,
  /// without taking it, only when there is no thread at all.
  bool Continue(Task task, std::string_view client = {});
  /// Whether tasks wait for a thread.
  bool crowded() const;
  std::size_t threads() const;

  /// Runs every task in the queue, then ends the threads. Do not submit afterwards.
  void Stop();

 private:
  /// A thread without work.
  struct Sleeper {
    ConditionVariable wake{};
    bool is_called = false;
  };

  static void* RunThread(void* pool);
  void Run() VCACHE_EXCLUDES(mutex_);
  bool AwaitTask(MutexLock& lock) VCACHE_REQUIRES(mutex_);
  std::optional<std::thread::native_handle_type> Retire() VCACHE_REQUIRES(mutex_);
  using Lanes = std::map<std::string, std::deque<Task>, std::less<>>;

  bool Take(Task&& task, std::string_view client, std::size_t max_queued) VCACHE_EXCLUDES(mutex_);
  Task NextTask() VCACHE_REQUIRES(mutex_);
  bool StartThread() VCACHE_REQUIRES(mutex_);

  const std::size_t max_threads_;
  const std::size_t max_queued_;
  const std::chrono::milliseconds idle_life_;
  mutable Mutex mutex_;
  Lanes lanes_ VCACHE_GUARDED_BY(mutex_);  ///< By client; none is empty.
  std::deque<Lanes::iterator> turns_ VCACHE_GUARDED_BY(mutex_);
  std::size_t queued_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread::native_handle_type> threads_ VCACHE_GUARDED_BY(mutex_);
  /// The one that fell asleep last is called first: those that are not needed sleep undisturbed.
  std::vector<Sleeper*> sleepers_ VCACHE_GUARDED_BY(mutex_);
  /// The thread that ended last; the next one joins it.
  std::optional<std::thread::native_handle_type> retired_ VCACHE_GUARDED_BY(mutex_);
  bool stopping_ VCACHE_GUARDED_BY(mutex_) = false;
};

}  // namespace vcache
