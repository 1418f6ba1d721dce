#include <string>
#include <utility>

#include "api/admin/audit.h"
#include "api/admin/order.h"
#include "api/admin/stats_series.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"
#include "json/json.h"
#include "vcache/core/time_text.h"

// Begins the totals of the statistics anew.
namespace vcache::api {
namespace {

using cache::Counter;

constexpr std::size_t kMaxResetBytes = 4096;

Json EndedJson(const cache::CounterTotals& ended) {
  Json json = Json::object();
  json["since"] = FormatTime(ended.since);
  json["hits"] = ended.all.total(Counter::kHits);
  json["misses"] = ended.all.total(Counter::kMisses);
  json["paidCalls"] = ended.all.total(Counter::kPaidCalls);
  json["spent"] = Dollars(ended.all.total(Counter::kSpentMicros));
  json["saved"] = Dollars(ended.all.total(Counter::kSavedMicros));
  return json;
}

void NoteReset(const ApiState& state, const http::RequestInfo& info,
               const Result<cache::CounterTotals>& ended) {
  AdminChange change{.action = "counters.reset",
                     .log_line = "Counters reset",
                     .target_is = "since",
                     .target = {},
                     .counted = "paid_calls"};
  if (ended) {
    change.target = FormatTime(ended->since);
    change.count = ended->all.total(Counter::kPaidCalls);
  } else {
    change.failure = &ended.error();
  }
  NoteChange(state, info, change);
}

http::Response ResetCounters(const ApiState& state, const http::Request& request,
                             const std::string& body) {
  const Result<Json> order = ReadOrder(request.info, body, {"dryRun"});
  if (!order) return ProblemResponse(request.info, order.error());
  const Result<bool> dry_run = IsDryRun(*order);
  if (!dry_run) return ProblemResponse(request.info, dry_run.error());
  metrics::Statistics& statistics = state.parts.statistics;
  const Result<cache::CounterTotals> ended =
      *dry_run ? statistics.Snapshot().totals : statistics.ResetTotals();
  if (!*dry_run) NoteReset(state, request.info, ended);
  if (!ended) return ProblemResponse(request.info, ended.error());
  Json json = Json::object();
  json["success"] = true;
  json["dryRun"] = *dry_run;
  json["ended"] = EndedJson(*ended);
  json["message"] = *dry_run ? "The totals would begin anew." : "The totals begin anew.";
  return JsonResponse(200, json);
}

}  // namespace

void AddCountersRoute(http::Router& router, const SharedState& state) {
  http::Route reset = WaitingRoute(state, kMaxResetBytes,
                                   [state](const http::Request& request, const std::string& body) {
                                     return ResetCounters(*state, request, body);
                                   });
  router.AddRoute("POST", "/api/admin/cache/counters/reset",
                  Guarded(state, Need::kAdmin, std::move(reset)));
}

}  // namespace vcache::api
