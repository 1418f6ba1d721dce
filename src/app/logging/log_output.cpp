#include "app/logging/log_output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace vcache::app {
namespace {

/// The interval at which a waiting writer checks whether to give up.
constexpr int kLookEachMs = 50;

}  // namespace

bool LogOutput::Write(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    if (!AwaitRoom()) return false;
    // A pipe that reports room takes this many bytes without blocking.
    const ssize_t written =
        ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void LogOutput::GiveUpAfter(std::chrono::milliseconds time) noexcept {
  give_up_at_ = (SteadyClock::now() + time).time_since_epoch().count();
}

bool LogOutput::AwaitRoom() const noexcept {
  for (;;) {
    const bool late = SteadyClock::now().time_since_epoch().count() >= give_up_at_;
    pollfd entry{descriptor_, POLLOUT, 0};
    const int ready = ::poll(&entry, 1, late ? 0 : kLookEachMs);
    // Treat an error as room: the write reports it. poll reports nothing for a negative descriptor.
    if (ready > 0 || descriptor_ < 0) return true;
    if (late || (ready < 0 && errno != EINTR)) return false;
  }
}

}  // namespace vcache::app
