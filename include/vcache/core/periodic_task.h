#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache {

/// A thread that does the same again and again, with a pause before each round. Thread-safe; the
/// clock must outlive it.
class PeriodicTask {
 public:
  /// One round; returns the pause before the next. Runs without any lock of this class.
  using Round = std::function<std::chrono::milliseconds()>;

  explicit PeriodicTask(Clock& clock) : clock_(clock) {}
  ~PeriodicTask() { Stop(); }
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

  /// The first round comes after `first_pause`. Does nothing while the thread runs.
  void Start(std::chrono::milliseconds first_pause, Round round) VCACHE_EXCLUDES(mutex_);
  /// Ends a pause at once; a round that has begun is waited for. May be started again.
  void Stop() VCACHE_EXCLUDES(mutex_);

 private:
  void Run(std::chrono::milliseconds pause, const Round& round) VCACHE_EXCLUDES(mutex_);

  Clock& clock_;
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ VCACHE_GUARDED_BY(mutex_) = false;
  std::thread thread_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache
