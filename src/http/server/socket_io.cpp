#include "http/server/socket_io.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace vcache::http {
namespace {

int PollTimeout(Deadline deadline, const Clock& clock) {
  if (deadline.never()) return -1;
  constexpr std::chrono::milliseconds kLongest{std::numeric_limits<int>::max()};
  return static_cast<int>(std::min(deadline.Remaining(clock), kLongest).count());
}

}  // namespace

WaitStatus WaitReadable(int socket, Deadline deadline, const Clock& clock) {
  for (;;) {
    pollfd entry{socket, POLLIN, 0};
    const int ready = ::poll(&entry, 1, PollTimeout(deadline, clock));
    if (ready > 0) return WaitStatus::kReady;
    if (ready == 0) return WaitStatus::kTimeout;
    if (errno != EINTR) return WaitStatus::kFailed;
  }
}

SendOutcome SendSome(int socket, std::string_view first, std::string_view second) {
  SendOutcome outcome;
  while (!first.empty() || !second.empty()) {
    std::array<iovec, 2> pieces{iovec{const_cast<char*>(first.data()), first.size()},
                                iovec{const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const ssize_t count = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      if (errno == EINTR) continue;
      outcome.failed = errno != EAGAIN && errno != EWOULDBLOCK;
      break;
    }
    const auto taken = static_cast<std::size_t>(count);
    outcome.sent += taken;
    const std::size_t of_first = std::min(taken, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(taken - of_first);
  }
  return outcome;
}

}  // namespace vcache::http
