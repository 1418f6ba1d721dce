#include <chrono>
#include <string>
#include <utility>

#include "api/admin/audit.h"
#include "api/admin/order.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"
#include "json/json.h"

// Removal of entries: by pattern, by kind, all.
namespace vcache::api {
namespace {

constexpr std::size_t kMaxOrderBytes = 4096;
constexpr std::chrono::milliseconds kClearTimeout{60'000};

struct ClearOrder {
  cache::KeyPattern asked = cache::KeyPattern::All();   ///< By content hash.
  cache::KeyPattern stored = cache::KeyPattern::All();  ///< The same, by name in the store.
  cache::ClearMode mode = cache::ClearMode::kDelete;
};

/// Where a route's pattern comes from.
enum class PatternUse {
  kOptional,  ///< The body's, else everything.
  kRequired,  ///< The body's.
  kFromPath,  ///< The path's; the body must have none.
};

Result<void> SetPattern(ClearOrder& order, std::string_view text, const cache::KeySpace& keys) {
  Result<cache::KeyPattern> parsed = cache::KeyPattern::Parse(text);
  if (!parsed) return std::move(parsed).error();
  Result<cache::KeyPattern> stored = keys.StoredPattern(*parsed);
  if (!stored) return std::move(stored).error();
  order.asked = std::move(parsed).value();
  order.stored = std::move(stored).value();
  return {};
}

Result<ClearOrder> ReadClearOrder(const http::Request& request, const std::string& body,
                                  PatternUse use, const cache::KeySpace& keys) {
  ClearOrder order;
  const Result<Json> json = use == PatternUse::kFromPath
                                ? ReadOrder(request.info, body, {"dryRun"})
                                : ReadOrder(request.info, body, {"pattern", "dryRun"});
  if (!json) return json.error();
  if (const Json* pattern = Find(*json, "pattern")) {
    const auto text = AsString(pattern);
    if (!text) return Error{ErrorCode::kBadRequest, "The member pattern must be a string."};
    if (auto set = SetPattern(order, *text, keys); !set) return set.error();
  } else if (use == PatternUse::kRequired) {
    return Error{ErrorCode::kBadRequest,
                 "The member pattern is missing, for example {\"pattern\": \"text:ab*\"}; "
                 "/api/admin/cache/clear-all removes everything."};
  }
  const Result<bool> dry_run = IsDryRun(*json);
  if (!dry_run) return dry_run.error();
  if (*dry_run) order.mode = cache::ClearMode::kDryRun;
  return order;
}

void NoteClear(const ApiState& state, const http::RequestInfo& request, const ClearOrder& order,
               const Result<cache::ClearReport>& report) {
  if (order.mode == cache::ClearMode::kDryRun) return;
  AdminChange change{.action = "cache.clear",
                     .log_line = "Cache cleared",
                     .target_is = "pattern",
                     .target = order.stored.text(),
                     .counted = "entries"};
  if (report) change.count = static_cast<std::int64_t>(report->total());
  if (!report) change.failure = &report.error();
  NoteChange(state, request, change);
}

http::Response CarryOut(const ApiState& state, const http::Request& request,
                        const ClearOrder& order) {
  const Result<cache::ClearReport> report = state.parts.store.Clear(
      order.stored, order.mode,
      request.deadline.Shortened(Deadline::After(state.parts.clock, kClearTimeout)));
  NoteClear(state, request.info, order, report);
  if (!report) return ProblemResponse(request.info, report.error());

  const bool dry_run = order.mode == cache::ClearMode::kDryRun;
  const auto total = static_cast<std::int64_t>(report->total());
  Json json = Json::object();
  json["success"] = true;
  json["pattern"] = order.asked.text();
  json["dryRun"] = dry_run;
  json["cleared"] = total;
  json["byKind"] = Json::object({{"analysis", report->analysis}, {"text", report->text}});
  json["message"] = std::to_string(total) + (total == 1 ? " entry" : " entries") +
                    (dry_run ? " would be removed." : " removed.");
  return JsonResponse(200, json);
}

WaitingHandler ClearHandler(const SharedState& state, PatternUse use) {
  return [state, use](const http::Request& request, const std::string& body) {
    const Result<ClearOrder> order = ReadClearOrder(request, body, use, state->options.keys);
    if (!order) return ProblemResponse(request.info, order.error());
    return CarryOut(*state, request, *order);
  };
}

/// `/invalidate/analysis` and `/invalidate/text`.
http::Response InvalidateKind(const ApiState& state, const http::Request& request,
                              const std::string& body) {
  if (request.tail != "analysis" && request.tail != "text") {
    return ProblemResponse(request.info, Error{ErrorCode::kBadRequest,
                                               "The kind at the end of the path must be analysis "
                                               "or text; nothing was removed."});
  }
  Result<ClearOrder> order =
      ReadClearOrder(request, body, PatternUse::kFromPath, state.options.keys);
  if (!order) return ProblemResponse(request.info, order.error());
  if (auto set = SetPattern(*order, std::string(request.tail) + ":*", state.options.keys); !set) {
    return ProblemResponse(request.info, set.error());
  }
  return CarryOut(state, request, *order);
}

}  // namespace

void AddClearRoutes(http::Router& router, const SharedState& state, const std::string& base) {
  const auto guarded = [&state](WaitingHandler handler) {
    return Guarded(state, Need::kAdmin, WaitingRoute(state, kMaxOrderBytes, std::move(handler)));
  };
  router.AddRoute("POST", base + "clear-all", guarded(ClearHandler(state, PatternUse::kFromPath)));
  router.AddRoute("POST", base + "invalidate-pattern",
                  guarded(ClearHandler(state, PatternUse::kRequired)));
  router.AddPrefixRoute("POST", base + "invalidate/",
                        guarded([state](const http::Request& request, const std::string& body) {
                          return InvalidateKind(*state, request, body);
                        }));
  router.AddRoute("POST", base + "clear", guarded(ClearHandler(state, PatternUse::kOptional)));
}

}  // namespace vcache::api
