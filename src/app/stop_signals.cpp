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
/// Their default action ends the process; the service uses none of them.
constexpr std::array kIgnored = {SIGUSR1, SIGUSR2, SIGPIPE,   SIGALRM, SIGSTKFLT,
                                 SIGXFSZ, SIGIO,   SIGVTALRM, SIGPROF, SIGPWR};
constexpr int kStopTookTooLong = 1;
/// A terminal and a shell or supervisor may each pass on the same request within this time: as
/// another signal or, when the terminal closes, as a second SIGHUP.
constexpr std::chrono::milliseconds kSameRequest{1'000};

using SteadyClock = std::chrono::steady_clock;

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
    // nohup ignores SIGHUP so that the process outlives its terminal.
    if (signal != SIGHUP || !IsIgnored(SIGHUP)) sigaddset(&signals, signal);
  }
  return signals;
}

timespec TimespecOf(std::chrono::nanoseconds time) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = static_cast<std::time_t>(seconds.count()),
          .tv_nsec = static_cast<long>((time - seconds).count())};
}

/// The next of `signals`, or 0 at the time limit.
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
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

std::optional<int> StopSignals::Await() {
  MutexLock lock(mutex_);
  while (!first_ && !cancelled_) changed_.Wait(lock);
  return cancelled_ ? std::nullopt : first_;
}

void StopSignals::Cancel() {
  const MutexLock lock(mutex_);
  cancelled_ = true;
  changed_.NotifyAll();
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
  const MutexLock lock(mutex_);
  return ending_;
}

void StopSignals::Run() noexcept {
  int signal = 0;
  while (signal <= 0) signal = ::sigwaitinfo(&signals_, nullptr);
  {
    const MutexLock lock(mutex_);
    if (ending_) return;
    first_ = signal;
    changed_.NotifyAll();
  }
  const int second = AwaitSecond(signal);
  if (is_ending()) return;
  // No output and no destructors: a stuck part must not keep the process alive. A direct system
  // call, because a sanitizer's _exit() may wait and changes the status.
  ::syscall(SYS_exit_group, second > 0 ? 128 + second : kStopTookTooLong);
}

}  // namespace vcache::app
