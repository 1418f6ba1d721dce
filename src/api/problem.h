#pragma once

#include "vcache/core/error.h"
#include "vcache/http/message.h"

namespace vcache::api {

/// An error as RFC 9457 problem details, with `success`, `error`, `code` and `requestId` beside the
/// standard's fields, and `Retry-After` where it is known.
http::Response ProblemResponse(const http::RequestInfo& request, const Error& error);

}  // namespace vcache::api
