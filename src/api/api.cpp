#include "vcache/api/api.h"

#include <string>
#include <utility>
#include <vector>

#include "api/log_names.h"
#include "api/metrics_route.h"
#include "api/pages/pages.h"
#include "api/pages/readable_answer.h"
#include "api/problem.h"
#include "api/response_headers.h"
#include "api/routes.h"
#include "vcache/http/parsing/trace_context.h"

namespace vcache::api {
namespace {

/// Administrators' requests at once that wait for a store, and that wait for these.
constexpr std::size_t kWaitingThreads = 8;
constexpr std::size_t kMaxWaitingRequests = 64;

void LogRequest(Logger& logger, const cache::KeySpace& keys, const http::AccessRecord& record) {
  // If the answer withholds the reason, the log must have it with the request id.
  const LogLevel level =
      record.status >= 500 && !record.reason.empty() ? LogLevel::kWarn : LogLevel::kInfo;
  if (!logger.Enabled(level)) return;
  const std::string path = NameForLog(record.request->path, keys);
  const std::string method = CutForLog(record.request->method, 16);
  std::vector<LogField> fields = {
      {"method", method}, {"path", path}, {"status", static_cast<std::int64_t>(record.status)}};
  if (!record.outcome.empty()) fields.push_back({"outcome", record.outcome});
  fields.push_back({"ms", static_cast<double>(record.duration.count()) / 1000.0});
  fields.push_back({"bytes_in", static_cast<std::int64_t>(record.bytes_in)});
  fields.push_back({"bytes_out", static_cast<std::int64_t>(record.bytes_out)});
  fields.push_back({"client", record.request->client});
  if (!record.request->caller.empty()) fields.push_back({"caller", record.request->caller});
  if (record.client_gone) fields.push_back({"client_gone", true});
  fields.push_back({"request_id", record.request->id});
  const auto trace = http::TraceIdOf(http::TraceParentOf(record.request->headers));
  if (!trace.empty()) fields.push_back({"trace_id", trace});
  if (!record.reason.empty()) fields.push_back({"reason", record.reason});
  logger.Log(level, "Request", fields);
}

}  // namespace

http::Router MakeRouter(ApiOptions options, ApiParts parts) {
  const SteadyTime started = parts.clock.Now();
  Gate gate(options.authenticator, SiteRules(options.cors_origins, options.hosts),
            RateGate(options.rates), parts.logger);
  // Not by make_shared: an aggregate that holds an atomic cannot be moved.
  const SharedState state(
      new ApiState{.options = std::move(options),
                   .parts = parts,
                   .started = started,
                   .waiting = std::make_unique<ThreadPool>(kWaitingThreads, kMaxWaitingRequests),
                   .gate = std::move(gate)});
  http::Router router;
  AddAnalysisRoutes(router, state);
  AddHistoryRoutes(router, state);
  AddJobRoutes(router, state);
  AddStatsRoute(router, state);
  AddAuditRoute(router, state);
  AddUserRoutes(router, state);
  AddCountersRoute(router, state);
  AddClearRoutes(router, state, "/api/admin/cache/");
  AddEntryRoutes(router, state);
  AddExportRoute(router, state);
  AddImportRoute(router, state);
  AddSiteAliases(router, state);
  AddHealthRoutes(router, state);
  AddMetricsRoute(router, state);
  AddFrontPage(router, state->options.demo);
  AddSpecification(router);
  return router;
}

http::ServerHooks MakeHooks(const ApiOptions& options, Logger& logger,
                            metrics::Exporter* exporter) {
  http::ServerHooks hooks;
  // Errors of the server itself reach no gate: here too an administrator gets the reason.
  hooks.render_error = [authenticator = options.authenticator](const http::RequestInfo& request,
                                                               const Error& error) {
    const bool withheld = PublicMessage(error) != error.message;
    if (authenticator == nullptr || !withheld) return ProblemResponse(request, error);
    http::RequestInfo known = request;
    known.caller_is_admin = authenticator->Identify(request.headers).caller.May(Need::kAdminRead);
    return ProblemResponse(known, error);
  };
  hooks.finish =
      [cors = CorsPolicy(options.cors_origins, options.cors_headers,
                         options.cors_credentials ? CorsCredentials::kYes : CorsCredentials::kNo)](
          const http::RequestInfo& request, http::Response& response) {
        if (request.finish) request.finish(response);
        MakeReadable(request, response);
        AddSecurityHeaders(response);
        cors.Apply(request, response);
      };
  hooks.on_finished = [&logger, keys = options.keys, exporter](const http::AccessRecord& record) {
    LogRequest(logger, keys, record);
    if (exporter == nullptr) return;
    exporter->OnRequest(RouteClassOf(record.request->method, record.request->path), record.status,
                        record.duration, record.bytes_in, record.bytes_out);
  };
  if (options.spool_budget) {
    hooks.is_short_of_room = [budget = options.spool_budget] { return budget->is_short(); };
  }
  return hooks;
}

}  // namespace vcache::api
