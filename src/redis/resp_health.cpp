#include "redis/resp_health.h"

#include <utility>

namespace vcache::redis {

std::string_view RespStateName(RespState state) noexcept {
  switch (state) {
    case RespState::kConnecting:
      return "connecting";
    case RespState::kReady:
      return "ready";
    case RespState::kSilent:
      return "silent";
    case RespState::kRefused:
      return "refused";
    case RespState::kPaused:
      return "paused";
  }
  return "connecting";
}

bool MeansNotReady(RespErrorKind kind) noexcept {
  return kind == RespErrorKind::kLoading || kind == RespErrorKind::kBusy ||
         kind == RespErrorKind::kMasterDown;
}

Error NotReady(const RespStatus& status) {
  std::string message = "Redis is not available";
  if (!status.reason.empty()) message += ": " + status.reason;
  return Error{ErrorCode::kStoreUnavailable, std::move(message)};
}

std::string Answering(const RespReply& reply) {
  return "it answers \"" + EscapeForLog(reply.text) + "\"";
}

void LogRespState(Logger& logger, std::string_view address, const RespStatus& status) {
  if (status.state == RespState::kReady) {
    logger.Info("Redis is connected", {{"address", address}});
  } else {
    logger.Warn(
        "Redis is not available",
        {{"address", address}, {"state", RespStateName(status.state)}, {"reason", status.reason}});
  }
}

}  // namespace vcache::redis
