#pragma once

#include <string>
#include <string_view>

#include "vcache/core/error.h"
#include "vcache/core/log.h"
#include "vcache/redis/resp_link.h"
#include "vcache/redis/resp_reply.h"

namespace vcache::redis {

/// Why a server is distrusted that was there a moment ago.
inline constexpr std::string_view kNotInTime = "it does not answer in time";

/// Errors that mean: this server answers nobody at the moment.
bool MeansNotReady(RespErrorKind kind) noexcept;

/// What a call gets that comes while the server is away.
Error NotReady(const RespStatus& status);

/// What the server said, fit for a reason in a status or a log line.
std::string Answering(const RespReply& reply);

/// The one line for a change of state, the same for every link. `address` has no credentials.
void LogRespState(Logger& logger, std::string_view address, const RespStatus& status);

}  // namespace vcache::redis
