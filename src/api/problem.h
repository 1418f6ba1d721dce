#pragma once

#include "vcache/core/error.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// An error as RFC 9457 problem details, with `success`, `error`, `code` and `requestId`, and with
/// `Retry-After` if known. An administrator (`caller_is_admin`) gets the error's message. Others
/// get its `PublicMessage`; if that says less, the answer's `log_reason` holds the message.
http::Response ProblemResponse(const http::RequestInfo& request, const Error& error);

}  // namespace vcache::api
