#pragma once

#include "vcache/core/error.h"
#include "vcache/http/parsing/message.h"

namespace vcache::http {

/// The problem body of an error where nobody gave a better one: the hooks are missing or threw.
Response DefaultErrorResponse(const RequestInfo& info, const Error& error);

/// A request that we have no worker, queue place or slot for: 503 with Retry-After (rule H10).
Error Overloaded();

}  // namespace vcache::http
