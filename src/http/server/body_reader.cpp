#include "http/server/body_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "http/server/socket_io.h"

namespace vcache::http {
namespace {

/// The most unread bytes that are skipped to keep the connection (rule H5).
constexpr std::uint64_t kMaxSkippedBytes = 64 * 1024;
/// The interval at which a wait for the client checks for a stop.
constexpr std::chrono::milliseconds kLookForStop{250};

}  // namespace

BodyReader::BodyReader(Connection& connection, const RequestHead& head,
                       const ServerOptions& options, const std::atomic<bool>& stopping,
                       Deadline deadline, const Clock& clock)
    : connection_(connection),
      framing_(head.framing),
      options_(options),
      stopping_(stopping),
      deadline_(deadline),
      clock_(clock),
      left_(head.framing == BodyFraming::kLength ? head.content_length : 0),
      continue_pending_(head.expects_continue && head.framing != BodyFraming::kNone) {}

bool BodyReader::done() const noexcept {
  return framing_ == BodyFraming::kChunked ? chunks_.done() : left_ == 0;
}

Error BodyReader::ClientGone() const {
  return {.code = ErrorCode::kClientGone,
          .message = "The client closed the connection before its request was complete."};
}

Result<std::size_t> BodyReader::Read(std::span<std::byte> into) {
  if (error_) return *error_;
  if (done() || into.empty()) return std::size_t{0};
  if (continue_pending_) SendContinue();
  auto pulled = Pull(into, Wait::kAllowed);
  if (!pulled) {
    error_ = pulled.error();
    return *error_;
  }
  return pulled->value_or(0);
}

void BodyReader::SendContinue() {
  continue_pending_ = false;
  // A client that already sends the body does not wait (RFC 9110 section 10.1.1).
  if (!connection_.input.empty()) return;
  SendBoth(connection_.socket.get(), "HTTP/1.1 100 Continue\r\n\r\n", {}, deadline_, clock_);
}

bool BodyReader::SkipRest() {
  // A client that waits for `100 Continue` may omit the body: the next request's start is unknown.
  if (continue_pending_ || error_) return false;
  if (done()) return true;
  if (framing_ == BodyFraming::kLength && left_ > kMaxSkippedBytes) return false;
  std::array<std::byte, 8 * 1024> dropped;  // NOLINT: filled by Pull
  std::uint64_t skipped = 0;
  while (!done() && skipped <= kMaxSkippedBytes) {
    const auto pulled = Pull(dropped, Wait::kForbidden);
    if (!pulled || !*pulled) return false;
    skipped += **pulled;
  }
  return done();
}

Result<std::optional<std::size_t>> BodyReader::Pull(std::span<std::byte> into, Wait wait) {
  auto pulled = framing_ == BodyFraming::kChunked ? PullChunks(into, wait) : PullLength(into, wait);
  if (!pulled || !*pulled) return pulled;
  bytes_read_ += **pulled;
  if (bytes_read_ > options_.max_body_bytes) {
    return Error{.code = ErrorCode::kTooLarge,
                 .message = "The body is larger than " + std::to_string(options_.max_body_bytes) +
                            " bytes, the most that is accepted."};
  }
  return pulled;
}

Result<std::optional<std::size_t>> BodyReader::PullLength(std::span<std::byte> into, Wait wait) {
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
  if (!connection_.input.empty()) {
    const std::string_view ready = connection_.input.view().substr(0, into.size());
    std::memcpy(into.data(), ready.data(), ready.size());
    const std::size_t count = ready.size();
    connection_.input.Consume(count);
    left_ -= count;
    return std::optional(count);
  }
  for (;;) {
    // Receives into the caller's memory, and never more than this body has.
    const ssize_t count = ::recv(connection_.socket.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (count > 0) {
      left_ -= static_cast<std::uint64_t>(count);
      return std::optional(static_cast<std::size_t>(count));
    }
    if (count < 0 && errno == EINTR) continue;
    if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return ClientGone();
    const auto more = AwaitMore(wait);
    if (!more) return more.error();
    if (!*more) return std::optional<std::size_t>();
  }
}

Result<std::optional<std::size_t>> BodyReader::PullChunks(std::span<std::byte> into, Wait wait) {
  std::size_t filled = 0;
  for (;;) {
    while (filled < into.size() && !connection_.input.empty() && !chunks_.done()) {
      // The decoder gets at most as many bytes as fit, so its output fits too.
      const auto raw = AsBytes(connection_.input.view().substr(0, into.size() - filled));
      const auto step = chunks_.Next(raw);
      if (!step) return step.error();
      std::copy(step->data.begin(), step->data.end(),
                into.begin() + static_cast<std::ptrdiff_t>(filled));
      filled += step->data.size();
      connection_.input.Consume(step->consumed);
    }
    if (filled > 0 || chunks_.done()) return std::optional(filled);
    const ReadStatus status = connection_.ReadMore();
    if (status == ReadStatus::kEnd || status == ReadStatus::kFailed) return ClientGone();
    if (status == ReadStatus::kData) continue;
    const auto more = AwaitMore(wait);
    if (!more) return more.error();
    if (!*more) return std::optional<std::size_t>();
  }
}

Result<bool> BodyReader::AwaitMore(Wait wait) {
  if (wait == Wait::kForbidden) return false;
  // The grace period, plus the time that the bytes so far take at the minimum rate. Only waiting
  // counts, summed over the whole body: single bytes do not restart it (rule H8).
  std::chrono::nanoseconds allowed = options_.body_grace;
  if (options_.body_min_bytes_per_second > 0) {
    allowed += std::chrono::milliseconds(bytes_read_ * 1000 / options_.body_min_bytes_per_second);
  } else {
    allowed = std::chrono::hours(24);
  }
  const SteadyTime before = clock_.Now();
  const auto until = Deadline::At(before + (allowed - waited_)).Shortened(deadline_);
  const WaitStatus status = WaitForInput(until);
  waited_ += clock_.Now() - before;
  if (status == WaitStatus::kFailed) return ClientGone();
  if (stop_cut_it_) {
    return ForEverybody({.code = ErrorCode::kShuttingDown,
                         .message = "The service is stopping, and the body of the request stalled; "
                                    "send it again.",
                         .retry_after = std::chrono::seconds(1)});
  }
  if (status == WaitStatus::kReady && waited_ <= allowed) return true;
  return Error{.code = ErrorCode::kRequestTimeout,
               .message = "The body arrived too slowly; send it again over a faster connection."};
}

/// Blocks until input arrives or `until`; a stop shortens the wait.
WaitStatus BodyReader::WaitForInput(Deadline until) {
  Deadline stop_end = Deadline::Never();
  for (;;) {
    const bool stopping = stopping_.load();
    if (stopping && stop_end.never()) stop_end = Deadline::After(clock_, options_.stop_pause);
    const Deadline look = stopping ? stop_end : Deadline::After(clock_, kLookForStop);
    const WaitStatus status = WaitReadable(connection_.socket.get(), until.Shortened(look), clock_);
    if (status != WaitStatus::kTimeout || until.Expired(clock_)) return status;
    stop_cut_it_ = stop_end.Expired(clock_);
    if (stop_cut_it_) return status;
  }
}

}  // namespace vcache::http
