#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "vcache/core/clock.h"

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
  void Start(std::chrono::milliseconds first_pause, Round round);
  /// Ends a pause at once; a round that has begun is waited for. May be started again.
  void Stop();

 private:
  void Run(std::chrono::milliseconds pause, const Round& round);

  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // guarded by mutex_
};

}  // namespace vcache
