#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "api/admin/entry_input.h"
#include "api/intake/strict_input.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"
#include "json/json.h"
#include "json/verdict_json.h"

// Sites that had such a cache before call these paths. Whoever may call them is the same as for the
// admin routes that they stand for.
namespace vcache::api {
namespace {

constexpr std::size_t kMaxAliasBody = 4096;
/// What a sample looks at: 10,000 entries at most.
constexpr std::size_t kSampledAtOnce = 1'000;
constexpr int kSampledPages = 10;
constexpr std::size_t kSampleKeys = 10;
constexpr std::chrono::milliseconds kSampleTimeout{10'000};

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

/// A GET changes nothing: anybody's page could have an administrator's browser send one.
Error ClearIsNoGet() {
  return {ErrorCode::kMethodNotAllowed,
          "A GET removes nothing here. Send POST /api/cache/clear-all to remove every entry."};
}

/// Looks at some entries only, and says so.
Result<Json> SampleEntries(const ApiState& state, Deadline deadline) {
  const auto entries = EntriesOf(state.parts);
  if (!entries) return entries.error();
  std::uint64_t seen = 0;
  std::uint64_t bytes = 0;
  Json sample = Json::array();
  cache::EntryQuery query;
  query.limit = kSampledAtOnce;
  for (int page = 0; page < kSampledPages; ++page) {
    const auto next = (*entries)->Page(
        query,
        [&](cache::KeptEntry&& kept) {
          ++seen;
          bytes += kept.stored_bytes;
          if (sample.size() < kSampleKeys) sample.push_back(kept.key.ToString());
          return true;
        },
        deadline);
    if (!next) return next.error();
    query.cursor = *next;
    if (next->empty()) break;
  }
  Json body = Json::object();
  body["success"] = true;
  body["totalKeys"] = seen;
  body["isComplete"] = query.cursor.empty();
  body["estimatedMemory"] = bytes;
  body["sampleKeys"] = std::move(sample);
  body["timestamp"] = TimeToJson(state.parts.clock.WallNow());
  return body;
}

http::Response TestCache(const ApiState& state, const http::Request& request) {
  const http::RequestInfo& info = request.info;
  if (auto refusal = RefuseUnknownParameters(info, {"action"})) {
    return ProblemResponse(info, *refusal);
  }
  const auto action = http::FormValue(info.query, "action");
  if (!action) return ProblemResponse(info, action.error());
  if (*action == "clear") {
    http::Response refused = ProblemResponse(info, ClearIsNoGet());
    refused.headers.Set("Allow", "GET, HEAD, OPTIONS");
    return refused;
  }
  if (*action && *action != "stats") {
    return ProblemResponse(
        info, Error{ErrorCode::kBadRequest, "The parameter action must be stats; without it too."});
  }
  const auto body = SampleEntries(
      state, request.deadline.Shortened(Deadline::After(state.parts.clock, kSampleTimeout)));
  return body ? JsonResponse(200, *body) : ProblemResponse(info, body.error());
}

}  // namespace

void AddSiteAliases(http::Router& router, const SharedState& state) {
  http::Route stats =
      WaitingRoute(state, kMaxAliasBody, [state](const http::Request& request, const std::string&) {
        return SiteStats(*state, request);
      });
  router.AddRoute("GET", "/api/cache/stats", Guarded(state, Need::kAdminRead, std::move(stats)));
  http::Route test =
      WaitingRoute(state, 0, [state](const http::Request& request, const std::string&) {
        return TestCache(*state, request);
      });
  router.AddRoute("GET", "/api/test/cache", Guarded(state, Need::kAdminRead, std::move(test)));
  AddClearRoutes(router, state, "/api/cache/");
}

}  // namespace vcache::api
