#include <string>
#include <utility>
#include <vector>

#include "api/admin/cache_state.h"
#include "api/admin/stats_series.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"
#include "json/json.h"
#include "vcache/core/time_text.h"
#include "vcache/core/usd.h"

namespace vcache::api {
namespace {

using cache::ContentKind;
using cache::Counter;
using cache::Counters;

constexpr std::chrono::milliseconds kBudgetTimeout{2'000};
/// Stats need no body; a small one does no harm.
constexpr std::size_t kMaxStatsBody = 4096;

Json KindJson(const Counters& counters, ContentKind kind) {
  const auto count = [&](Counter counter) { return counters.at(kind, counter); };
  Json json = Json::object();
  json["hits"] = count(Counter::kHits);
  json["misses"] = count(Counter::kMisses);
  json["hitRate"] = HitRate(count(Counter::kHits), count(Counter::kMisses));
  json["hitsByTier"] = TiersJson(counters, kind);
  json["coalesced"] = count(Counter::kCoalesced);
  json["errors"] = count(Counter::kErrors);
  json["paidCalls"] = count(Counter::kPaidCalls);
  json["spent"] = Dollars(count(Counter::kSpentMicros));
  json["saved"] = Dollars(count(Counter::kSavedMicros));
  json["lookups"] = LookupsJson(count(Counter::kLookups), count(Counter::kLookupHits));
  json["spared"] = Dollars(count(Counter::kSparedMicros));
  return json;
}

Json LimitJson(const std::optional<analysis::BudgetState>& state) {
  if (!state) return nullptr;
  Json json = Json::object();
  json["limitUsd"] = state->limit.dollars();
  json["spentUsd"] = state->spent.dollars();
  json["reservedUsd"] = state->reserved.dollars();
  json["remainingUsd"] = state->remaining.dollars();
  json["resetsAt"] = FormatTime(state->resets_at);
  return json;
}

Json PairJson(const analysis::BudgetPair& pair) {
  return Json::object({{"daily", LimitJson(pair.daily)}, {"monthly", LimitJson(pair.monthly)}});
}

/// Null without any limit.
Json BudgetJson(const ApiParts& parts) {
  if (parts.budget == nullptr || !parts.budget->limited()) return nullptr;
  const analysis::BudgetReport report =
      parts.budget->Read(Deadline::After(parts.clock, kBudgetTimeout));
  Json json = PairJson(report.all);
  if (report.vendors.empty()) return json;
  Json vendors = Json::object();
  for (const auto& [vendor, pair] : report.vendors) vendors[vendor] = PairJson(pair);
  json["vendors"] = std::move(vendors);
  return json;
}

Json CostJson(const cache::CounterTotals& totals, Json budget) {
  Json json = Json::object();
  json["currency"] = "USD";
  json["spent"] = Dollars(totals.all.total(Counter::kSpentMicros));
  json["saved"] = Dollars(totals.all.total(Counter::kSavedMicros));
  json["spared"] = Dollars(totals.all.total(Counter::kSparedMicros));
  json["paidCalls"] = totals.all.total(Counter::kPaidCalls);
  json["unknownCharges"] = totals.all.total(Counter::kUnknownCharges);
  json["heldBack"] = totals.all.total(Counter::kHeldBack);
  json["today"] = Json::object({{"spent", Dollars(totals.today.total(Counter::kSpentMicros))},
                                {"saved", Dollars(totals.today.total(Counter::kSavedMicros))},
                                {"spared", Dollars(totals.today.total(Counter::kSparedMicros))},
                                {"paidCalls", totals.today.total(Counter::kPaidCalls)}});
  json["budget"] = std::move(budget);
  return json;
}

Json ReasonsJson(const std::vector<metrics::StateReason>& reasons) {
  Json json = Json::array();
  for (const metrics::StateReason& reason : reasons) {
    json.push_back(Json::object({{"code", reason.code}, {"message", reason.message}}));
  }
  return json;
}

Json AlertsJson(const std::vector<metrics::Alert>& alerts) {
  Json json = Json::array();
  for (const metrics::Alert& alert : alerts) {
    Json one = Json::object({{"code", AlertName(alert.code)},
                             {"severity", SeverityName(alert.severity)},
                             {"message", alert.message},
                             {"since", FormatTime(alert.since)}});
    if (!alert.subject.empty()) one["subject"] = alert.subject;
    json.push_back(std::move(one));
  }
  return json;
}

std::string_view ModeName(const analysis::CacheUse& mode) {
  if (mode.no_store) return "off";
  return mode.shadow ? "shadow" : "on";
}

Json ShadowJson(const Counters& all) {
  const std::int64_t hits = all.total(Counter::kShadowHits);
  const std::int64_t misses = all.total(Counter::kShadowMisses);
  return Json::object({{"hits", hits},
                       {"misses", misses},
                       {"hitRate", HitRate(hits, misses)},
                       {"wouldHaveSaved", Dollars(all.total(Counter::kShadowSaved))}});
}

http::Response Stats(const ApiState& state, const http::Request& request) {
  const Result<std::optional<SeriesQuery>> query =
      ReadSeriesQuery(request.info, state.parts.clock.WallNow());
  if (!query) return ProblemResponse(request.info, query.error());
  Result<cache::CounterSeries> series = cache::CounterSeries();
  if (*query) series = state.parts.statistics.Series((*query)->range);
  if (!series) return ProblemResponse(request.info, series.error());
  const metrics::StatisticsSnapshot snapshot = state.parts.statistics.Snapshot();
  const Counters& all = snapshot.totals.all;
  const CacheState health = CacheStateOf(state.parts, all);
  const cache::MemoryStoreUse memory =
      state.parts.memory != nullptr ? state.parts.memory->use() : cache::MemoryStoreUse{};

  Json json = Json::object();
  json["enabled"] = health.enabled;
  json["status"] = health.status;
  json["mode"] = ModeName(state.options.mode);
  if (state.options.mode.shadow) json["shadow"] = ShadowJson(all);
  json["hits"] = std::to_string(all.total(Counter::kHits));
  json["misses"] = std::to_string(all.total(Counter::kMisses));
  json["backend"] = health.backend;
  json["state"] = health.state;
  json["reasons"] = ReasonsJson(health.reasons);
  json["alerts"] = AlertsJson(health.alerts);
  json["hitRate"] = HitRate(all.total(Counter::kHits), all.total(Counter::kMisses));
  json["hitsByTier"] = TiersJson(all, std::nullopt);
  json["unavailable"] = all.total(Counter::kUnavailable);
  json["errors"] = all.total(Counter::kErrors);
  json["corruptEntries"] = all.total(Counter::kCorrupt);
  json["coalesced"] = all.total(Counter::kCoalesced);
  json["lookups"] = LookupsJson(all.total(Counter::kLookups), all.total(Counter::kLookupHits));
  json["isAvailable"] = health.enabled;
  json["byKind"] = Json::object({{"analysis", KindJson(all, ContentKind::kAnalysis)},
                                 {"text", KindJson(all, ContentKind::kText)}});
  json["byVendor"] = VendorsJson(all, std::nullopt);
  json["memory"] = Json::object(
      {{"entries", memory.entries}, {"bytes", memory.bytes}, {"hits", snapshot.memory_hits}});
  json["pendingWrites"] = health.pending_writes;
  json["cost"] = CostJson(snapshot.totals, BudgetJson(state.parts));
  json["since"] = FormatTime(snapshot.totals.since);
  if (*query) AddSeries(json, **query, *series);
  if (state.options.demo) json["demo"] = true;
  return JsonResponse(200, Json::object({{"success", true}, {"cache", std::move(json)}}));
}

}  // namespace

void AddStatsRoute(http::Router& router, const SharedState& state) {
  http::Route stats = WaitingRoute(
      state, kMaxStatsBody,
      [state](const http::Request& request, const std::string&) { return Stats(*state, request); });
  router.AddRoute("GET", "/api/admin/cache/stats",
                  Guarded(state, Need::kAdminRead, std::move(stats)));
}

}  // namespace vcache::api
