#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "api/checked_body.h"
#include "api/gate.h"
#include "api/intake/upload_reader.h"
#include "vcache/api/api.h"
#include "vcache/core/thread_pool.h"

namespace vcache::api {

struct ApiState {
  ApiOptions options;
  ApiParts parts;
  SteadyTime started;
  /// Copies of what is kept that are sent and taken now. Before the pool, whose tasks count them.
  mutable std::atomic<std::size_t> exports{0};
  mutable std::atomic<std::size_t> imports{0};
  /// For handlers that wait for a store.
  std::unique_ptr<ThreadPool> waiting;
  Gate gate;
  /// Clients that follow a job now.
  mutable std::atomic<std::size_t> event_streams{0};
};
using SharedState = std::shared_ptr<const ApiState>;

/// What the uploads of a request may hold.
inline UploadLimits UploadLimitsFor(const ApiState& state, const http::Request& request) {
  const ApiOptions& options = state.options;
  return {options.max_upload_bytes, options.spool, options.spool_budget, request.info.client_group};
}

/// The route behind the gate, which decides before the body is read, and finds out who asks. A body
/// whose digest is stated reaches the route's end only if it has that digest.
inline http::Route Guarded(
    const SharedState& state, Need need,
    std::function<http::RouteResult(http::Request&, const Caller& caller)> route) {
  return [state, need, route = std::move(route)](http::Request& request) -> http::RouteResult {
    const Result<Caller> caller = state->gate.Admit(request.info, need);
    if (!caller) return caller.error();
    return CheckedBody(request, [&](http::Request& admitted) { return route(admitted, *caller); });
  };
}
inline http::Route Guarded(const SharedState& state, Need need, http::Route route) {
  return Guarded(state, need, [route = std::move(route)](http::Request& request, const Caller&) {
    return route(request);
  });
}

void AddAnalysisRoutes(http::Router& router, const SharedState& state);
/// `POST /api/analysis/lookup`.
http::RouteResult LookUpMany(const SharedState& state, http::Request& request,
                             const Caller& caller);
/// `POST /api/analysis/batch`.
http::RouteResult AnalyzeBatch(const SharedState& state, http::Request& request,
                               const Caller& caller);
/// `GET /api/analysis/<id>`, for callers that have been admitted.
http::Route FindInHistory(const SharedState& state);
/// `GET /api/analysis/history` and what else users may do with theirs.
void AddHistoryRoutes(http::Router& router, const SharedState& state);
void AddJobRoutes(http::Router& router, const SharedState& state);
/// `GET /api/admin/audit`.
void AddAuditRoute(http::Router& router, const SharedState& state);
/// `DELETE /api/admin/users/<user>/history`.
void AddUserRoutes(http::Router& router, const SharedState& state);
/// `GET /api/admin/cache/stats`.
void AddStatsRoute(http::Router& router, const SharedState& state);
/// `POST /api/admin/cache/counters/reset`.
void AddCountersRoute(http::Router& router, const SharedState& state);
/// `clear`, `clear-all`, `invalidate-pattern` and `invalidate/<kind>` behind `base`, which ends in
/// `/`.
void AddClearRoutes(http::Router& router, const SharedState& state, const std::string& base);
/// `GET /api/admin/cache/entries`; `GET` and `DELETE` of one.
void AddEntryRoutes(http::Router& router, const SharedState& state);
/// `GET /api/admin/cache/export`.
void AddExportRoute(http::Router& router, const SharedState& state);
/// `POST /api/admin/cache/import`.
void AddImportRoute(http::Router& router, const SharedState& state);
/// Paths that sites with such a cache already call, with the same access rules.
void AddSiteAliases(http::Router& router, const SharedState& state);
void AddHealthRoutes(http::Router& router, const SharedState& state);

}  // namespace vcache::api
