#pragma once

#include <memory>
#include <utility>

#include "api/gate.h"
#include "vcache/api/api.h"
#include "vcache/core/thread_pool.h"

namespace vcache::api {

struct ApiState {
  ApiOptions options;
  ApiParts parts;
  SteadyTime started;
  /// For handlers that wait for a store.
  std::unique_ptr<ThreadPool> waiting;
  Gate gate;
};
using SharedState = std::shared_ptr<const ApiState>;

/// The route behind the gate, which decides before the body is read.
inline http::Route Guarded(const SharedState& state, Need need, http::Route route) {
  return [state, need, route = std::move(route)](http::Request& request) -> http::RouteResult {
    if (auto refusal = state->gate.Admit(request.info, need)) return *std::move(refusal);
    return route(request);
  };
}

void AddAnalysisRoutes(http::Router& router, const SharedState& state);
void AddAdminRoutes(http::Router& router, const SharedState& state);
void AddHealthRoutes(http::Router& router, const SharedState& state);
/// `GET /`: a description and a form to try the service. Static, without script.
void AddFrontPage(http::Router& router);

}  // namespace vcache::api
