#pragma once

#include <memory>

#include "vcache/api/api.h"

namespace vcache::api {

/// What every handler keeps: shared by the closures of all routes, immutable.
struct ApiState {
  ApiOptions options;
  ApiParts parts;
  SteadyTime started;
};
using SharedState = std::shared_ptr<const ApiState>;

void AddAnalysisRoutes(http::Router& router, const SharedState& state);
void AddAdminRoutes(http::Router& router, const SharedState& state);
void AddHealthRoutes(http::Router& router, const SharedState& state);
/// `GET /`: what this is, and a form to try it with. Static, without script.
void AddFrontPage(http::Router& router);

}  // namespace vcache::api
