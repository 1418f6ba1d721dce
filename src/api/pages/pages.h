#pragma once

#include "vcache/http/server/router.h"

namespace vcache::api {

/// `GET /`: a description and forms to try the service, without script; `GET /style.css`. `demo`:
/// verdicts come from the sandbox.
void AddFrontPage(http::Router& router, bool demo);
/// `GET /openapi.json`.
void AddSpecification(http::Router& router);

}  // namespace vcache::api
