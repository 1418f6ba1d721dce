#include "vcache/core/clock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string_view>

using namespace vcache;
using namespace std::chrono_literals;

namespace {

/// Runs `check` in a process whose machine seems to have been suspended for 1,000 s. Empty where
/// the kernel or our rights do not allow that.
template <typename Check>
std::optional<bool> AfterASuspension(const Check& check) {
  constexpr int kNotAllowed = 77;
  const pid_t outer = ::fork();
  if (outer == 0) {
    // A new time namespace is that of children only.
    if (::unshare(CLONE_NEWTIME) != 0) ::_exit(kNotAllowed);
    const int offsets = ::open("/proc/self/timens_offsets", O_WRONLY);
    constexpr std::string_view kOffset = "boottime 1000 0";
    if (::write(offsets, kOffset.data(), kOffset.size()) < 0) ::_exit(kNotAllowed);
    const pid_t inner = ::fork();
    if (inner == 0) ::_exit(check() ? 0 : 1);
    int status = 0;
    ::waitpid(inner, &status, 0);
    ::_exit(WEXITSTATUS(status));
  }
  int status = 0;
  ::waitpid(outer, &status, 0);
  if (WEXITSTATUS(status) == kNotAllowed) return std::nullopt;
  return status == 0;
}

}  // namespace

TEST_CASE("SystemClock: its steady time goes on while the machine is suspended") {
  const auto counts = AfterASuspension(
      [] { return SystemClock().Now() - std::chrono::steady_clock::now() > 900s; });
  if (counts) CHECK(*counts);
}

TEST_CASE("SystemClock: waits for as long as asked, in both times") {
  const auto waits = AfterASuspension([] {
    SystemClock clock;
    const SteadyTime begun = clock.Now();
    clock.SleepUntil(begun + 20ms);
    const auto taken = clock.Now() - begun;
    return taken >= 20ms && taken < 10s;
  });
  if (waits) CHECK(*waits);
}
