#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "api/intake/strict_input.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"
#include "json/json.h"

// Sites that had such a cache before call these paths. Whoever may call them is the same as for the
// admin routes that they stand for.
namespace vcache::api {
namespace {

constexpr std::size_t kMaxAliasBody = 4096;

http::Response SiteStats(const ApiState& state, const http::Request& request) {
  if (auto refusal = RefuseQuery(request.info)) return ProblemResponse(request.info, *refusal);
  const cache::Counters all = state.parts.statistics.Snapshot().totals.all;
  const std::int64_t hits = all.total(cache::Counter::kHits);
  const std::int64_t misses = all.total(cache::Counter::kMisses);
  const double rate = hits + misses == 0
                          ? 0
                          : 100.0 * static_cast<double>(hits) / static_cast<double>(hits + misses);
  Json stats = Json::object();
  stats["hits"] = hits;
  stats["misses"] = misses;
  stats["errors"] = all.total(cache::Counter::kErrors);
  stats["total_requests"] = hits + misses;
  stats["hit_rate"] = std::round(rate * 10) / 10;
  stats["is_available"] = state.parts.backing.available();
  return JsonResponse(200,
                      Json::object({{"status", "success"}, {"cache_stats", std::move(stats)}}));
}

}  // namespace

void AddSiteAliases(http::Router& router, const SharedState& state) {
  http::Route stats =
      WaitingRoute(state, kMaxAliasBody, [state](const http::Request& request, const std::string&) {
        return SiteStats(*state, request);
      });
  router.AddRoute("GET", "/api/cache/stats", Guarded(state, Need::kAdminRead, std::move(stats)));
  AddClearRoutes(router, state, "/api/cache/");
}

}  // namespace vcache::api
