#pragma once

#include <optional>

#include "vcache/core/error.h"
#include "vcache/core/secret.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// The reason why this request may not use the admin routes; empty when it may. kForbidden without
/// a configured `ADMIN_TOKEN` (they are never open), kUnauthenticated without the right token.
std::optional<Error> RefuseAdmin(const http::RequestInfo& request, const Secret& admin_token);

/// Whether the request has the admin token, on any route.
bool IsAdministrator(const http::RequestInfo& request, const Secret& admin_token);

}  // namespace vcache::api
