#pragma once

#include "vcache/http/server/route.h"

namespace vcache::api {

/// What the route makes of the request, if the body turns out to have the digest that the client
/// states (`StatedDigest`); else kDigestMismatch, before the route can act. Error: kBadRequest for
/// a malformed field, at the head.
http::RouteResult CheckedBody(http::Request& request, const http::Route& route);

}  // namespace vcache::api
