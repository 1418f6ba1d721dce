#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace {

Json CountJson(const CallCount& count) {
  return Json::object(
      {{"total", count.total}, {"charged", count.charged}, {"costMicros", count.cost.micros()}});
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

/// Rejects a misspelt switch: a test would otherwise run with a vendor that never fails.
std::optional<std::string> UnknownMember(const Json& switches) {
  constexpr std::array<std::string_view, 5> kKnown = {"mode", "latencyMs", "times", "frames",
                                                      "vendor"};
  for (const auto& [name, value] : switches.get_ref<const Json::object_t&>()) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) return name;
  }
  return std::nullopt;
}

http::Response Behave(CallLedger& ledger, http::Request& request) {
  const Json json = ReadJson(request, {.refuse_duplicate_keys = true});
  if (!json.is_object()) return Refuse("Send a JSON object that names each member once.");
  if (const auto unknown = UnknownMember(json)) {
    return Refuse("The member \"" + *unknown + "\" is none that the sandbox knows.");
  }
  Behaviour behaviour;
  if (const Json* name = Find(json, "mode")) {
    const auto mode = ModeFromName(AsString(name).value_or(""));
    if (!mode) return Refuse("The mode is none that the sandbox knows.");
    behaviour.mode = *mode;
  }
  if (const Json* latency = Find(json, "latencyMs")) {
    const auto ms = AsInteger(latency);
    if (!ms || *ms < 0 || *ms > 600'000) return Refuse("latencyMs must be 0 to 600000.");
    behaviour.latency = std::chrono::milliseconds(*ms);
  }
  if (const Json* times = Find(json, "times")) {
    const auto count = AsInteger(times);
    if (!count || *count < 1 || *count > 1'000'000) return Refuse("times must be 1 to 1000000.");
    behaviour.times = static_cast<int>(*count);
  }
  if (const Json* frames = Find(json, "frames")) {
    const auto count = AsInteger(frames);
    if (!count || *count < 1 || *count > 3'600) return Refuse("frames must be 1 to 3600.");
    behaviour.frames = static_cast<int>(*count);
  }
  if (const Json* vendor = Find(json, "vendor")) {
    const auto name = AsString(vendor);
    if (!name) return Refuse("vendor must be a string.");
    behaviour.vendor = *name;
  }
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
