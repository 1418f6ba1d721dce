#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "api/routes.h"
#include "vcache/http/server/route.h"

namespace vcache::api {

/// Called with the whole body, empty without one. It may wait for a store.
using WaitingHandler = std::function<http::Response(const http::Request&, const std::string& body)>;

/// A route whose handler runs on one of the state's waiting threads: the server's workers must not
/// wait. Errors: kTooLarge for a body above `max_body`, kOverloaded when too many wait already.
http::Route WaitingRoute(const SharedState& state, std::size_t max_body, WaitingHandler handler);

}  // namespace vcache::api
