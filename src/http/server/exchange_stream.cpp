// An answer whose body is made while it is sent.
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <exception>
#include <utility>

#include "http/server/exchange.h"

namespace vcache::http {
namespace {

/// The most that is sent before other connections get their turn.
constexpr std::size_t kTurnOfStream = 1024 * 1024;

/// One chunk of a body (RFC 9112, section 7.1).
std::string Chunk(std::string_view piece) {
  std::array<char, 16> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
  std::string chunk;
  chunk.reserve(piece.size() + 24);
  chunk.append(size.data(), end).append("\r\n").append(piece).append("\r\n");
  return chunk;
}

}  // namespace

bool Exchange::OpenStream() {
  is_chunked_ = head_.http_1_1;
  {
    // A client that has shut only its writing side may still read what does not wait.
    const MutexLock lock(mutex_);
    has_left_ = false;
  }
  try {
    // Weak: whoever wakes the stream may keep this for longer than the connection lives.
    stream_->Open([exchange = weak_from_this()] {
      if (const auto kept = exchange.lock()) kept->Wake();
    });
    return true;
  } catch (...) {
    LogThrownBy("Opening the body of an answer failed");
    BreakOff();
    return false;
  }
}

/// The next pieces, while the client takes them. Empty at the end.
std::optional<Next> Exchange::SendStream() {
  for (std::size_t sent = 0;;) {
    {
      const MutexLock lock(mutex_);
      client_gone_ = client_gone_ || has_left_;
    }
    if (client_gone_) break;
    wake_state_ = WakeState::kAwake;
    BodyStream::Step step;
    std::string piece;
    knows_stop_ = context_.stopping.load();
    try {
      step = stream_->Produce(piece, knows_stop_);
    } catch (...) {
      LogThrownBy("Making the body of an answer failed");
      step.kind = BodyStream::Step::Kind::kBroken;
    }
    if (step.kind == BodyStream::Step::Kind::kBroken) {
      BreakOff();
      break;
    }
    const bool ends = step.kind == BodyStream::Step::Kind::kEnd;
    if (ends) stream_.reset();
    const bool taken = SendPiece(piece, ends);
    if (ends) return taken ? std::nullopt : std::optional(Next::kAwaitOutput);
    if (!taken) return Next::kAwaitOutput;
    if (step.kind == BodyStream::Step::Kind::kWait) {
      patience_ = step.until;
      return Next::kAwaitStream;
    }
    sent += piece.size();
    if (sent >= kTurnOfStream && context_.is_crowded()) return Next::kYield;
  }
  stream_.reset();
  return std::nullopt;
}

/// False while the client has to read more.
bool Exchange::SendPiece(std::string_view piece, bool ends) {
  output_.clear();
  if (!is_chunked_) {
    output_ = piece;
  } else {
    if (!piece.empty()) output_ = Chunk(piece);
    if (ends) output_ += "0\r\n\r\n";
  }
  answer_bytes_ += output_.size();
  SetOutputPatience(output_.size());
  return Flush();
}

/// A reset: without chunks a mere end would look like a complete body.
void Exchange::BreakOff() {
  client_gone_ = true;
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(connection_.socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Exchange::Wake() {
  if (wake_state_.exchange(WakeState::kWoken) == WakeState::kParked) context_.resume(connection_);
}

bool Exchange::MeetsWake() {
  WakeState expected = WakeState::kAwake;
  if (!wake_state_.compare_exchange_strong(expected, WakeState::kParked)) return true;
  // A stop that began since then has found nothing parked to wake.
  if (!knows_stop_ && context_.stopping.load()) Wake();
  return false;
}

}  // namespace vcache::http
