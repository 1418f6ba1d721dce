#pragma once

#include <string>
#include <string_view>

#include "vcache/core/error.h"
#include "vcache/core/log.h"
#include "vcache/redis/resp_link.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::redis {

/// Why a connected server is distrusted.
inline constexpr std::string_view kNotInTime = "it does not answer in time";

/// Whether the error means that the server currently answers no client.
bool MeansNotReady(RespErrorKind kind) noexcept;

/// The error for calls while the server is unavailable.
Error NotReady(const RespStatus& status);

/// The server's reply, made safe for a reason or a log line.
std::string Answering(const RespReply& reply);

/// Logs a change of state, the same for every link. `address` has no credentials.
void LogRespState(Logger& logger, std::string_view address, const RespStatus& status);

}  // namespace vcache::redis
