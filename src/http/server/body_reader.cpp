#include "http/server/body_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "http/server/socket_io.h"

namespace vcache::http {
namespace {

/// The most unread bytes that are skipped to keep the connection (rule H5).
constexpr std::uint64_t kMaxSkippedBytes = 64 * 1024;

Error LeftAmidBody() {
  return {.code = ErrorCode::kClientGone,
          .message = "The client closed the connection before its request was complete."};
}

}  // namespace

BodyReader::BodyReader(Connection& connection, const RequestHead& head,
                       const ServerOptions& options)
    : connection_(connection),
      framing_(head.framing),
      options_(options),
      max_bytes_(options.max_body_bytes),
      left_(head.framing == BodyFraming::kLength ? head.content_length : 0),
      continue_pending_(head.expects_continue && head.framing != BodyFraming::kNone) {}

bool BodyReader::done() const noexcept {
  return framing_ == BodyFraming::kChunked ? chunks_.done() : left_ == 0;
}

Result<std::optional<std::size_t>> BodyReader::Read(std::span<std::byte> into) {
  if (error_) return *error_;
  if (done()) return Filled(0);
  Result<Filled> filled = Pull(into);
  if (!filled) error_ = filled.error();
  return filled;
}

void BodyReader::SendContinue() {
  if (!std::exchange(continue_pending_, false)) return;
  // A client that already sends the body does not wait (RFC 9110 section 10.1.1).
  if (!connection_.input.empty()) return;
  SendSome(connection_.socket.get(), "HTTP/1.1 100 Continue\r\n\r\n", {});
}

bool BodyReader::SkipRest() {
  // A client that waits for `100 Continue` may omit the body: the next request's start is unknown.
  if (continue_pending_ || error_) return false;
  if (done()) return true;
  if (framing_ == BodyFraming::kLength && left_ > kMaxSkippedBytes) return false;
  std::array<std::byte, 8 * 1024> dropped;  // NOLINT: filled by Pull
  std::uint64_t skipped = 0;
  while (!done() && skipped <= kMaxSkippedBytes) {
    const auto pulled = Pull(dropped);
    if (!pulled || !*pulled) return false;
    skipped += **pulled;
  }
  return done();
}

SteadyTime BodyReader::PatienceFrom(SteadyTime now, bool is_short_of_room) const {
  const std::uint64_t rate = is_short_of_room ? options_.crowded_body_min_bytes_per_second
                                              : options_.body_min_bytes_per_second;
  const auto grace = is_short_of_room ? options_.crowded_body_grace : options_.body_grace;
  std::chrono::nanoseconds allowed = std::chrono::hours(24);
  if (rate > 0) allowed = grace + std::chrono::milliseconds(bytes_read_ * 1000 / rate);
  return now + std::max(allowed - waited_, std::chrono::nanoseconds(0));
}

Result<std::optional<std::size_t>> BodyReader::Pull(std::span<std::byte> into) {
  auto pulled = framing_ == BodyFraming::kChunked ? PullChunks(into) : PullLength(into);
  if (!pulled || !*pulled) return pulled;
  bytes_read_ += **pulled;
  if (bytes_read_ > max_bytes_) {
    return Error{.code = ErrorCode::kTooLarge,
                 .message = "The body is larger than " + std::to_string(max_bytes_) +
                            " bytes, the most that is accepted."};
  }
  return pulled;
}

Result<std::optional<std::size_t>> BodyReader::PullLength(std::span<std::byte> into) {
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
  if (!connection_.input.empty()) {
    const std::string_view ready = connection_.input.view().substr(0, into.size());
    std::memcpy(into.data(), ready.data(), ready.size());
    const std::size_t count = ready.size();
    connection_.input.Consume(count);
    left_ -= count;
    return Filled(count);
  }
  ssize_t count = 0;
  do {
    // Receives into the caller's memory, and never more than this body has.
    count = ::recv(connection_.socket.get(), into.data(), into.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    left_ -= static_cast<std::uint64_t>(count);
    return Filled(static_cast<std::size_t>(count));
  }
  if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return LeftAmidBody();
  return Filled();
}

Result<std::optional<std::size_t>> BodyReader::PullChunks(std::span<std::byte> into) {
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
    if (filled > 0 || chunks_.done()) return Filled(filled);
    const ReadStatus status = connection_.ReadMore();
    if (status == ReadStatus::kEnd || status == ReadStatus::kFailed) return LeftAmidBody();
    if (status == ReadStatus::kNothingYet) return Filled();
  }
}

}  // namespace vcache::http
