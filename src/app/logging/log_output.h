#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

namespace vcache::app {

/// A descriptor for log lines that may stop taking bytes: a pipe that nobody reads, a stopped
/// terminal. `Write` waits then, but not beyond the end of the process: unlike a blocked write(2),
/// it can be told to give up. One thread writes; any may call `GiveUpAfter`.
class LogOutput {
 public:
  /// The descriptor stays the caller's.
  explicit LogOutput(int descriptor) noexcept : descriptor_(descriptor) {}

  /// False when not all of it was written: the descriptor failed, or the time to give up has come.
  bool Write(std::string_view bytes) noexcept;

  /// From that time on, whatever the descriptor does not take at once is dropped.
  void GiveUpAfter(std::chrono::milliseconds time) noexcept;

 private:
  using SteadyClock = std::chrono::steady_clock;

  /// Whether a write of up to PIPE_BUF bytes would not block; false when it is time to give up.
  bool AwaitRoom() const noexcept;

  const int descriptor_;
  std::atomic<SteadyClock::rep> give_up_at_{
      SteadyClock::time_point::max().time_since_epoch().count()};
};

}  // namespace vcache::app
