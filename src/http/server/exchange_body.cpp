// The part of an exchange that takes the body.
#include <algorithm>
#include <utility>

#include "http/parsing/request_framing.h"
#include "http/server/exchange.h"
#include "http/server/refusal.h"

namespace vcache::http {
namespace {

/// The most of a body that is taken before other connections get their turn.
constexpr std::size_t kTurnBytes = 1024 * 1024;

}  // namespace

/// Empty when the body is complete or an answer is there.
std::optional<Next> Exchange::TakeBody(ExchangeTools& tools) {
  if (parked_at_) body_->NoteWait(connection_.woken_at - *std::exchange(parked_at_, std::nullopt));
  if (std::exchange(connection_.is_late, false)) {
    Refuse(BodyIsLate());
    return std::nullopt;
  }
  body_->SendContinue();
  std::size_t taken = 0;
  while (!body_->done()) {
    if (const auto paused = AwaitIntake()) return paused;
    if (stage_ != Stage::kBody) return std::nullopt;
    const auto count = body_->Read(tools.buffer);
    if (!count) {
      client_gone_ = count.error().code == ErrorCode::kClientGone;
      Refuse(count.error());
      return std::nullopt;
    }
    if (!*count) return AwaitBody();
    if (**count == 0) break;
    if (!intake_) {
      Refuse(BodyNotTaken());
      return std::nullopt;
    }
    try {
      const auto kept = intake_->Take(ByteView(tools.buffer.data(), **count));
      if (!kept) {
        AnswerNow(RenderError(kept.error()));
        return std::nullopt;
      }
    } catch (...) {
      AnswerNow(RenderInternalError("A request handler threw"));
      return std::nullopt;
    }
    taken += **count;
    if (taken >= kTurnBytes && !body_->done() && context_.is_crowded()) return Next::kYield;
  }
  if (!intake_) Dispatch();
  if (intake_) Complete();
  return std::nullopt;
}

/// Lets the intake work off what it has. Empty when it takes more, or when an answer is there.
std::optional<Next> Exchange::AwaitIntake() {
  if (!intake_ || !intake_->IsFull()) return std::nullopt;
  {
    const MutexLock lock(mutex_);
    client_gone_ = has_left_;
  }
  if (client_gone_ || request_.deadline.Expired(context_.clock)) {
    Refuse(client_gone_ ? Error{.code = ErrorCode::kClientGone, .message = "The client has left."}
                        : BodyIsLate());
    return std::nullopt;
  }
  wake_state_ = WakeState::kAwake;
  knows_stop_ = context_.stopping.load();
  patience_ = request_.deadline.time();
  // Weak: whoever has room later may keep this for longer than the connection lives.
  intake_->WhenRoom([exchange = weak_from_this()] {
    if (const auto kept = exchange.lock()) kept->Wake();
  });
  return Next::kAwaitIntake;
}

Next Exchange::AwaitBody() {
  const SteadyTime now = context_.clock.Now();
  parked_at_ = now;
  patience_ =
      std::min(body_->PatienceFrom(now, context_.is_short_of_room()), request_.deadline.time());
  return Next::kAwaitBody;
}

Error Exchange::BodyIsLate() const {
  const SteadyTime now = context_.clock.Now();
  const bool stalled = body_->PatienceFrom(now, context_.is_short_of_room()) <= now ||
                       request_.deadline.Expired(context_.clock);
  if (!stalled && context_.stopping.load()) {
    return ForEverybody({.code = ErrorCode::kShuttingDown,
                         .message = "The service is stopping, and the body of the request stalled; "
                                    "send it again.",
                         .retry_after = std::chrono::seconds(1)});
  }
  return {.code = ErrorCode::kRequestTimeout,
          .message = "The body arrived too slowly; send it again over a faster connection."};
}

}  // namespace vcache::http
