#pragma once

#include <memory>

#include "vcache/api/api.h"
#include "vcache/core/thread_pool.h"

namespace vcache::api {

struct ApiState {
  ApiOptions options;
  ApiParts parts;
  SteadyTime started;
  /// For handlers that wait for a store.
  std::unique_ptr<ThreadPool> waiting;
};
using SharedState = std::shared_ptr<const ApiState>;

void AddAnalysisRoutes(http::Router& router, const SharedState& state);
void AddAdminRoutes(http::Router& router, const SharedState& state);
void AddHealthRoutes(http::Router& router, const SharedState& state);
/// `GET /`: a description and a form to try the service. Static, without script.
void AddFrontPage(http::Router& router);

}  // namespace vcache::api
