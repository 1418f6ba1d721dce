#pragma once

#include <string>
#include <string_view>

#include "vcache/core/error.h"
#include "vcache/http/message.h"

namespace vcache::http {

/// The problem body of an error where nobody gave a better one: the hooks are missing or threw.
Response DefaultErrorResponse(const RequestInfo& info, const Error& error);

/// A head over its limits, complete or not.
Error HeadTooLarge();

/// The whole answer to a connection that we have no worker, queue place or slot for: a short 503
/// with Retry-After (rule H10), made without calling anybody.
std::string OverloadAnswer(std::string_view request_id, std::string_view date);

}  // namespace vcache::http
