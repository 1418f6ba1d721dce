#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

namespace vcache::app {

/// A descriptor for log lines that may block: a pipe without a reader, a stopped terminal. `Write`
/// waits, but unlike write(2) it can be told to give up, so that it does not delay the process's
/// end. One thread writes; any thread may call `GiveUpAfter`.
class LogOutput {
 public:
  /// The caller keeps the descriptor.
  explicit LogOutput(int descriptor) noexcept : descriptor_(descriptor) {}

  /// False when the descriptor failed or the time to give up came before all was written.
  bool Write(std::string_view bytes) noexcept;

  /// After that time, `Write` drops whatever the descriptor does not take at once.
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
