#pragma once

#include "vcache/core/error.h"
#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// The fallback body of an error, when the hooks are missing or threw.
Response DefaultErrorResponse(const RequestInfo& info, const Error& error);

/// 503 with Retry-After for a request without a worker, queue place or slot (rule H10).
Error Overloaded();

}  // namespace vcache::http
