#include <array>
#include <string>
#include <utility>

#include "api/json_response.h"
#include "api/routes.h"
#include "json/json.h"

namespace vcache::api {
namespace {

http::Response Live(const ApiState& state) {
  const auto uptime =
      std::chrono::floor<std::chrono::seconds>(state.parts.clock.Now() - state.started);
  Json body = Json::object();
  body["status"] = "ok";
  body["version"] = state.options.version;
  body["uptimeSeconds"] = uptime.count();
  return JsonResponse(200, body);
}

struct VendorReport {
  Json by_kind = Json::object();
  Json states = Json::object();
  bool any = false;     ///< Some kind has a vendor.
  bool silent = false;  ///< Some kind has vendors, but none is available.
};

Json StateJson(const detection::VendorHealth& health) {
  Json state = Json::object();
  state["state"] = BreakerStateName(health.state);
  if (health.state == detection::BreakerState::kOpen) {
    state["retryAfterSeconds"] = health.retry_after.count();
  }
  return state;
}

VendorReport ReportVendors(const detection::DetectorPanel& panel) {
  using detection::BreakerState;
  VendorReport report;
  for (const detection::MediaKind kind : detection::kMediaKinds) {
    Json names = Json::array();
    bool answers = false;
    for (const auto& [vendor, health] : panel.Health(kind)) {
      names.push_back(vendor);
      report.states[vendor] = StateJson(health);
      answers = answers || health.state == BreakerState::kClosed;
    }
    report.any = report.any || !names.empty();
    report.silent = report.silent || (!names.empty() && !answers);
    report.by_kind[std::string(MediaKindName(kind))] = std::move(names);
  }
  return report;
}

/// Not ready before a stop, so that balancers send nobody here any more; and without any vendor and
/// any store: then the service can give nothing. Unavailable vendors only degrade it: cached
/// verdicts still serve, and another replica would do no better.
http::Response Ready(const ApiState& state) {
  const ApiParts& parts = state.parts;
  const bool stored = parts.backing.available();
  VendorReport vendors = ReportVendors(parts.panel);
  const bool whole = vendors.any && !vendors.silent && stored;
  Json body = Json::object();
  const bool stops = state.options.is_stopping && state.options.is_stopping();
  body["status"] = stops                   ? "stopping"
                   : whole                 ? "ready"
                   : vendors.any || stored ? "degraded"
                                           : "not ready";
  body["store"] = Json::object({{"backend", parts.backing.name()}, {"available", stored}});
  body["memory"] = Json::object({{"enabled", parts.memory != nullptr}});
  body["vendors"] = std::move(vendors.by_kind);
  body["vendorStates"] = std::move(vendors.states);
  if (state.options.demo) body["demo"] = true;
  return JsonResponse(!stops && (vendors.any || stored) ? 200 : 503, body);
}

}  // namespace

void AddHealthRoutes(http::Router& router, const SharedState& state) {
  router.AddUrgent("/api/health", [state](http::Request&) { return Live(*state); });
  router.Add("GET", "/api/health/ready", [state](http::Request&) { return Ready(*state); });
}

}  // namespace vcache::api
