#include "http/server/acceptor.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace vcache::http {
namespace {

/// Connections per call; then the loop serves the connected clients.
constexpr int kBatch = 64;

UniqueFd OpenReserve() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// Errors of the first connection in the queue, not of the listener (accept(2)).
bool IsOneConnections(int why) {
  switch (why) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

}  // namespace

Acceptor::Acceptor(UniqueFd listener, Logger& logger)
    : listener_(std::move(listener)), logger_(logger), reserve_(OpenReserve()) {}

Acceptor::Outcome Acceptor::Accept(const Accepted& accepted) {
  for (int i = 0; i < kBatch; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    UniqueFd fd(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      const int why = errno;
      if (IsOneConnections(why)) continue;
      return OnError(why);
    }
    short_of_descriptors_ = false;
    const int yes = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    accepted(std::move(fd), address);
  }
  return Outcome::kMore;
}

bool Acceptor::IgnoreNew() noexcept {
  // A listener's filter sees TCP segments: drop those with SYN among the flags, keep the others.
  constexpr std::uint32_t kFlagsAt = 13;
  constexpr std::uint32_t kSyn = 0x02;
  std::array<sock_filter, 4> steps = {{{BPF_LD | BPF_B | BPF_ABS, 0, 0, kFlagsAt},
                                       {BPF_JMP | BPF_JSET | BPF_K, 0, 1, kSyn},
                                       {BPF_RET | BPF_K, 0, 0, 0},
                                       {BPF_RET | BPF_K, 0, 0, 0xFFFFFFFF}}};
  const sock_fprog program{static_cast<unsigned short>(steps.size()), steps.data()};
  return ::setsockopt(listener_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

Acceptor::Outcome Acceptor::OnError(int why) {
  if (why == EAGAIN || why == EWOULDBLOCK) return Outcome::kDrained;
  if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM) {
    if (!std::exchange(short_of_descriptors_, true)) {
      logger_.Warn("No descriptors or memory for another connection; turning clients away",
                   {{"why", std::generic_category().message(why)}});
    }
    const bool descriptors = why == EMFILE || why == ENFILE;
    return descriptors && TurnAwayOne() ? Outcome::kMore : Outcome::kPause;
  }
  failure_ =
      Error{.code = ErrorCode::kIo,
            .message = "The listening socket failed: " + std::generic_category().message(why)};
  return Outcome::kFailed;
}

bool Acceptor::TurnAwayOne() {
  // The waiting connection would stay first in the queue and wake the loop without end. Releasing
  // the reserve frees a descriptor to accept and close it.
  if (!reserve_) reserve_ = OpenReserve();
  if (!reserve_) return false;
  reserve_.Reset();
  UniqueFd unwanted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const bool turned_away = static_cast<bool>(unwanted);
  unwanted.Reset();
  reserve_ = OpenReserve();
  return turned_away;
}

}  // namespace vcache::http
