#include <array>
#include <string>
#include <utility>

#include "api/routes.h"
#include "core/json.h"

namespace vcache::api {
namespace {

http::Response JsonResponse(int status, const Json& body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = DumpJson(body);
  return response;
}

http::Response Live(const ApiState& state) {
  const auto uptime =
      std::chrono::floor<std::chrono::seconds>(state.parts.clock.Now() - state.started);
  Json body = Json::object();
  body["status"] = "ok";
  body["version"] = state.options.version;
  body["uptimeSeconds"] = uptime.count();
  return JsonResponse(200, body);
}

/// Ready means: requests sent here get what this service can give. It can give nothing only when
/// nobody judges anything and nothing is stored.
http::Response Ready(const ApiState& state) {
  using detection::MediaKind;
  const ApiParts& parts = state.parts;
  const bool stored = parts.backing.available();
  bool served = false;
  Json vendors = Json::object();
  for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo, MediaKind::kText}) {
    served = served || parts.panel.Serves(kind);
    vendors[std::string(MediaKindName(kind))] = parts.panel.Providers(kind);
  }
  Json body = Json::object();
  body["status"] = served && stored ? "ready" : served || stored ? "degraded" : "not ready";
  body["store"] = Json::object({{"backend", parts.backing.name()}, {"available", stored}});
  body["memory"] = Json::object({{"enabled", parts.memory != nullptr}});
  body["vendors"] = std::move(vendors);
  if (state.options.demo) body["demo"] = true;
  return JsonResponse(served || stored ? 200 : 503, body);
}

}  // namespace

void AddHealthRoutes(http::Router& router, const SharedState& state) {
  router.Add("GET", "/api/health", [state](http::Request&) { return Live(*state); });
  router.Add("GET", "/api/health/ready", [state](http::Request&) { return Ready(*state); });
}

}  // namespace vcache::api
