#include <string>
#include <utility>

#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace {

Json CountJson(const CallCount& count) {
  return Json::object(
      {{"total", count.total}, {"charged", count.charged}, {"costMicros", count.cost_micros}});
}

http::Response Calls(const CallLedger& ledger) {
  Json body = CountJson(ledger.Total());
  body["maxConcurrent"] = ledger.MaxConcurrent();
  Json vendors = Json::object();
  for (const auto& [vendor, count] : ledger.ByVendor()) vendors[vendor] = CountJson(count);
  body["byVendor"] = std::move(vendors);
  return JsonAnswer(200, body);
}

http::Response Refuse(std::string_view message) {
  return JsonAnswer(400, Json::object({{"error", message}}));
}

http::Response Behave(CallLedger& ledger, http::Request& request) {
  const auto body = ReadSmallBody(request);
  const Result<Json> json = ParseJson(body.value_or(""));
  if (!json || !json->is_object()) return Refuse("Send a JSON object.");
  Behaviour behaviour;
  if (const Json* name = Find(*json, "mode")) {
    const auto mode = ModeFromName(AsString(name).value_or(""));
    if (!mode) return Refuse("The mode is none that the sandbox knows.");
    behaviour.mode = *mode;
  }
  if (const Json* latency = Find(*json, "latencyMs")) {
    const auto ms = AsInteger(latency);
    if (!ms || *ms < 0 || *ms > 600'000) return Refuse("latencyMs must be 0 to 600000.");
    behaviour.latency = std::chrono::milliseconds(*ms);
  }
  if (const Json* times = Find(*json, "times")) {
    const auto count = AsInteger(times);
    if (!count || *count < 1 || *count > 1'000'000) return Refuse("times must be 1 to 1000000.");
    behaviour.times = static_cast<int>(*count);
  }
  if (const Json* frames = Find(*json, "frames")) {
    const auto count = AsInteger(frames);
    if (!count || *count < 1 || *count > 3'600) return Refuse("frames must be 1 to 3600.");
    behaviour.frames = static_cast<int>(*count);
  }
  behaviour.vendor = AsString(Find(*json, "vendor")).value_or("");
  ledger.Behave(std::move(behaviour));
  return JsonAnswer(200, Json::object({{"ok", true}}));
}

}  // namespace

void AddControl(http::Router& router, CallLedger& ledger) {
  router.Add("GET", "/sandbox/calls", [&ledger](http::Request&) { return Calls(ledger); });
  router.Add("POST", "/sandbox/reset", [&ledger](http::Request&) {
    ledger.Reset();
    return JsonAnswer(200, Json::object({{"ok", true}}));
  });
  router.Add("POST", "/sandbox/behaviour",
             [&ledger](http::Request& request) { return Behave(ledger, request); });
}

}  // namespace vcache::sandbox
