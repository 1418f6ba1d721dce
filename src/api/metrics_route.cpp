#include <set>
#include <string>

#include "api/metrics_route.h"
#include "api/routes.h"

namespace vcache::api {
namespace {

metrics::Readings ReadNow(const ApiState& state) {
  const ApiParts& parts = state.parts;
  metrics::Readings readings;
  readings.store_available = parts.backing.available();
  if (parts.backing.pending_writes) readings.pending_writes = parts.backing.pending_writes();
  if (parts.memory != nullptr) {
    const cache::MemoryStoreUse use = parts.memory->use();
    readings.memory_entries = use.entries;
    readings.memory_bytes = use.bytes;
  }
  if (state.options.spool_budget) {
    const content::SpoolBudget::Usage usage = state.options.spool_budget->usage();
    readings.spool_memory_bytes = usage.memory_bytes;
    readings.spool_disk_bytes = usage.disk_bytes;
  }
  if (parts.alerts != nullptr) readings.alerts = parts.alerts->Active();
  std::set<std::string> seen;
  for (const detection::MediaKind kind : detection::kMediaKinds) {
    for (const auto& [vendor, health] : parts.panel.Health(kind)) {
      if (!seen.insert(vendor).second) continue;
      readings.vendors.push_back({vendor, health.state != detection::BreakerState::kOpen});
    }
  }
  return readings;
}

}  // namespace

metrics::RouteClass RouteClassOf(std::string_view method, std::string_view path) {
  using metrics::RouteClass;
  if (path.starts_with("/api/admin/") || path.starts_with("/api/cache/") ||
      path == "/api/test/cache") {
    return RouteClass::kAdmin;
  }
  if (path.starts_with("/api/health") || path == "/metrics") return RouteClass::kHealth;
  if (path.starts_with("/api/text-analysis/") || path.starts_with("/api/upload/")) {
    return RouteClass::kAnalysis;
  }
  if (!path.starts_with("/api/analysis/")) return RouteClass::kOther;
  const bool looks_up = method != "POST" || path == "/api/analysis/lookup";
  return looks_up ? RouteClass::kLookup : RouteClass::kAnalysis;
}

void AddMetricsRoute(http::Router& router, const SharedState& state) {
  if (state->parts.exporter == nullptr) return;
  http::Route route = http::Collected([state](http::Request&) {
    http::Response response;
    response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = state->parts.exporter->Text(ReadNow(*state));
    return response;
  });
  router.AddRoute("GET", "/metrics", Guarded(state, Need::kMetrics, std::move(route)));
}

}  // namespace vcache::api
