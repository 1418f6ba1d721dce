#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "vcache/core/mutex.h"

namespace vcache::app {

/// Afterwards only its own faults (SIGSEGV, SIGABRT and the like), SIGKILL and the signals of
/// `StopSignals` end the process. A write to a closed socket or above `ulimit -f` fails as a write.
/// Call it first in `main`, before any thread starts.
void IgnoreOtherSignals() noexcept;

/// Waits in its own thread for SIGTERM, SIGINT, SIGQUIT, SIGHUP (unless ignored at the start, as
/// under nohup) and SIGXCPU. The first requests an orderly stop. The second ends the process at
/// once with status 128 + its number; a stop above its time limit ends it with status 1. No lock
/// and no output can delay that. Within a second of the first, another signal or a repeated SIGHUP
/// is the same request.
class StopSignals {
 public:
  /// Blocks these signals; later threads inherit that. `longest_stop` counts from the first signal.
  /// Throws std::system_error when the thread cannot start.
  explicit StopSignals(std::chrono::milliseconds longest_stop);
  /// Ends the thread; the signals stay blocked.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Blocks until the first signal and returns it; empty after `Cancel`. Thread-safe.
  std::optional<int> Await();
  void Cancel();

 private:
  void Run() noexcept;
  /// The second signal; 0 when the stop takes too long.
  int AwaitSecond(int first) noexcept;
  bool is_ending() noexcept VCACHE_EXCLUDES(mutex_);

  const sigset_t signals_;
  const std::chrono::milliseconds longest_stop_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::optional<int> first_ VCACHE_GUARDED_BY(mutex_);
  bool cancelled_ VCACHE_GUARDED_BY(mutex_) = false;
  bool ending_ VCACHE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vcache::app
