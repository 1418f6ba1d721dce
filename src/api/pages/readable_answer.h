#pragma once

#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// Turns the answer to an upload into a page, if a browser sent the form and not a program:
/// `Accept` then names text/html, and no JSON. Errors become pages too; statuses and headers stay.
/// Leaves all other answers alone. To be called after everything else that makes the answer.
void MakeReadable(const http::RequestInfo& request, http::Response& response);

}  // namespace vcache::api
