#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

namespace vcache::app {

/// From now on no signal ends the process but a fault of its own (SIGSEGV, SIGABRT and the like),
/// SIGKILL, and what `StopSignals` waits for. A write to a closed socket or beyond a limit of file
/// sizes (`ulimit -f`) is an error of that write. First thing in `main`, before any thread starts.
void IgnoreOtherSignals() noexcept;

/// Waits in a thread of its own for SIGTERM, SIGINT, SIGQUIT, SIGHUP (unless it was ignored at the
/// start, as under nohup) and SIGXCPU. The first asks for an orderly stop, the second ends the
/// process at once with status 128 + its number, and so does, with status 1, a stop that takes
/// longer than it may. Nothing can hold that end up: no lock, no output. Within a second of the
/// first, another signal or a repeated SIGHUP is the same request.
class StopSignals {
 public:
  /// Blocks these signals; threads that start later inherit that. `longest_stop` counts from the
  /// first signal. Throws std::system_error when the thread cannot be started.
  explicit StopSignals(std::chrono::milliseconds longest_stop);
  /// Ends the thread; the signals stay blocked.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Blocks until the first signal and returns it; nothing after `Cancel`. From any thread.
  std::optional<int> Await();
  /// Ends every `Await`.
  void Cancel();

 private:
  void Run() noexcept;
  /// 0 when the stop takes too long.
  int AwaitSecond(int first) noexcept;
  bool is_ending() noexcept;

  const sigset_t signals_;
  const std::chrono::milliseconds longest_stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int> first_;  // guarded by mutex_
  bool cancelled_ = false;    // guarded by mutex_
  bool ending_ = false;       // guarded by mutex_
  std::thread thread_;
};

}  // namespace vcache::app
