#include "redis/link_health.h"

#include <array>
#include <utility>

namespace vcache::redis {
namespace {

/// How many calls in a row must time out before a server that still answers others is distrusted.
constexpr std::size_t kTimeoutsToDistrust = 3;

}  // namespace

std::string_view RespStateName(RespState state) noexcept {
  static constexpr std::array<std::string_view, 5> kNames = {"connecting", "ready", "silent",
                                                             "refused", "paused"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string Answering(const RespReply& reply) {
  return "it answers \"" + EscapeForLog(reply.text) + "\"";
}

std::optional<LinkTrouble> TroubleBehind(const RespReply& reply) {
  switch (reply.error_kind()) {
    case RespErrorKind::kNoAuth:
    case RespErrorKind::kWrongPassword:
      return LinkTrouble{RespState::kRefused, "it refuses the token"};
    case RespErrorKind::kQuotaSpent:
      return LinkTrouble{RespState::kPaused, Answering(reply)};
    case RespErrorKind::kTooManyConnections:
      return LinkTrouble{RespState::kConnecting, Answering(reply)};
    case RespErrorKind::kLoading:
    case RespErrorKind::kBusy:
    case RespErrorKind::kMasterDown:
      return LinkTrouble{RespState::kSilent, Answering(reply)};
    default:
      return std::nullopt;
  }
}

Error NotReady(const RespStatus& status) {
  std::string message = "Redis is not available";
  if (!status.reason.empty()) message += ": " + status.reason;
  return Error{ErrorCode::kStoreUnavailable, std::move(message)};
}

Result<void> LinkHealth::Admit(std::size_t commands, std::size_t bytes) {
  const bool fits = status_.waiting + commands <= options_.max_waiting_commands &&
                    waiting_bytes_ + bytes <= options_.max_waiting_bytes;
  if (ready() && fits) {
    status_.waiting += commands;
    waiting_bytes_ += bytes;
    return {};
  }
  ++status_.refusals;
  if (!ready()) return NotReady(status_);
  return Error{ErrorCode::kStoreUnavailable, "too many commands wait for Redis"};
}

void LinkHealth::Release(std::size_t commands, std::size_t bytes) noexcept {
  status_.waiting -= commands;
  waiting_bytes_ -= bytes;
}

void LinkHealth::NoteAnswered(std::size_t commands) noexcept {
  status_.commands += commands;
  timeouts_in_a_row_ = 0;
}

bool LinkHealth::IsDistrustedAfter(SteadyTime sent) noexcept {
  return IsSilentSince(sent) || ++timeouts_in_a_row_ >= kTimeoutsToDistrust;
}

void LinkHealth::Enter(RespState state, std::string reason, SteadyTime now) {
  if (status_.state != state) status_.since = now;
  if (state == RespState::kReady) {
    status_.away_since.reset();
  } else if (!status_.away_since) {
    status_.away_since = now;
  }
  status_.state = state;
  status_.reason = std::move(reason);
}

void LinkHealth::NoteConnected() noexcept {
  ++status_.connects;
  timeouts_in_a_row_ = 0;
}

bool LinkHealth::has_news() const noexcept {
  // The first state is "connecting" already: the first failure is news all the same.
  if (!told_) return status_.state != RespState::kConnecting || !status_.reason.empty();
  return *told_ != status_.state;
}

std::optional<RespStatus> LinkHealth::TakeNews() {
  if (!has_news()) return std::nullopt;
  told_ = status_.state;
  return status_;
}

void TellRespState(const RespLinkOptions& options, Logger& logger, std::string_view address,
                   const RespStatus& status) {
  if (status.state == RespState::kReady) {
    logger.Info("Redis is connected", {{"address", address}});
  } else {
    logger.Warn(
        "Redis is not available",
        {{"address", address}, {"state", RespStateName(status.state)}, {"reason", status.reason}});
  }
  if (options.on_state) options.on_state(status);
}

}  // namespace vcache::redis
