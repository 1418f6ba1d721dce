#pragma once

#include <optional>

#include "vcache/core/error.h"
#include "vcache/core/secret.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// Why this request may not use the admin routes, or nothing when it may. kForbidden when no
/// `ADMIN_TOKEN` is configured (they are never open), kUnauthenticated without the right token.
std::optional<Error> RefuseAdmin(const http::RequestInfo& request, const Secret& admin_token);

/// Whether the request bears the admin token, whatever its route.
bool IsAdministrator(const http::RequestInfo& request, const Secret& admin_token);

}  // namespace vcache::api
