#pragma once

#include "vcache/core/error.h"
#include "vcache/core/secret.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// An error as RFC 9457 problem details, with `success`, `error`, `code` and `requestId` beside the
/// standard's fields, and `Retry-After` where it is known. A request that bears the admin token is
/// told the error's message; any other its `PublicMessage`, and where that says less, that the log
/// has the reason: it is the answer's `log_reason`.
http::Response ProblemResponse(const http::RequestInfo& request, const Error& error,
                               const Secret& admin_token);

}  // namespace vcache::api
