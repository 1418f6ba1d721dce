#include "app/stop_signals.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

namespace vcache::app {
namespace {

constexpr std::array kAskForTheEnd = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
/// Their default action ends the process, and nothing here asks for it.
constexpr std::array kIgnored = {SIGUSR1, SIGUSR2, SIGPIPE,   SIGALRM, SIGSTKFLT,
                                 SIGXFSZ, SIGIO,   SIGVTALRM, SIGPROF, SIGPWR};
constexpr int kStopTookTooLong = 1;
/// A terminal and a shell or supervisor each pass on one and the same request within this time, as
/// another signal or, when the terminal closes, as a second SIGHUP.
constexpr std::chrono::milliseconds kSameRequest{1'000};

using SteadyClock = std::chrono::steady_clock;

/// Whoever has set a handler (a profiler, a sanitizer) keeps it.
void IgnoreUnlessHandled(int signal) noexcept {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
  action.sa_handler = SIG_IGN;
  ::sigaction(signal, &action, nullptr);
}

bool IsIgnored(int signal) noexcept {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t SignalsThatAsk() noexcept {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : kAskForTheEnd) {
    // nohup ignores it so that the process outlives its terminal.
    if (signal != SIGHUP || !IsIgnored(SIGHUP)) sigaddset(&signals, signal);
  }
  return signals;
}

timespec TimespecOf(std::chrono::nanoseconds time) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = static_cast<std::time_t>(seconds.count()),
          .tv_nsec = static_cast<long>((time - seconds).count())};
}

/// The next of `signals`, or 0 when none came by then.
int WaitForOne(const sigset_t& signals, SteadyClock::time_point until) noexcept {
  for (;;) {
    const auto left =
        std::max(std::chrono::nanoseconds(until - SteadyClock::now()), std::chrono::nanoseconds(0));
    const timespec timeout = TimespecOf(left);
    const int signal = ::sigtimedwait(&signals, nullptr, &timeout);
    if (signal > 0) return signal;
    if (errno != EINTR) return 0;
  }
}

}  // namespace

void IgnoreOtherSignals() noexcept {
  for (const int signal : kIgnored) IgnoreUnlessHandled(signal);
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) IgnoreUnlessHandled(signal);
}

StopSignals::StopSignals(std::chrono::milliseconds longest_stop)
    : signals_(SignalsThatAsk()), longest_stop_(longest_stop) {
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::thread([this] { Run(); });
}

StopSignals::~StopSignals() {
  Cancel();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

std::optional<int> StopSignals::Await() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return first_ || cancelled_; });
  return cancelled_ ? std::nullopt : first_;
}

void StopSignals::Cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

int StopSignals::AwaitSecond(int first) noexcept {
  const auto begun = SteadyClock::now();
  for (;;) {
    const int signal = WaitForOne(signals_, begun + longest_stop_);
    const bool is_echo = signal > 0 && (signal != first || signal == SIGHUP) &&
                         SteadyClock::now() < begun + kSameRequest;
    if (!is_echo || is_ending()) return signal;
  }
}

bool StopSignals::is_ending() noexcept {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void StopSignals::Run() noexcept {
  int signal = 0;
  while (signal <= 0) signal = ::sigwaitinfo(&signals_, nullptr);
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    first_ = signal;
    changed_.notify_all();
  }
  const int second = AwaitSecond(signal);
  if (is_ending()) return;
  // No output, no destructors: whatever is stuck must not keep the process alive. The system call
  // itself, because what a sanitizer does within _exit() may wait, and changes the status.
  ::syscall(SYS_exit_group, second > 0 ? 128 + second : kStopTookTooLong);
}

}  // namespace vcache::app
