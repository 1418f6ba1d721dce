#include "api/admin/audit.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/intake/page.h"
#include "api/intake/strict_input.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/waiting_route.h"
#include "json/json.h"
#include "vcache/core/hex.h"
#include "vcache/core/random_id.h"
#include "vcache/core/time_text.h"

namespace vcache::api {
namespace {

/// The owner of the one history in the family of audit trails.
constexpr const char* kTrail = "administrators";

Error TrailTurnedOff() {
  return {ErrorCode::kNotFound,
          "No audit trail is kept: it needs a store (CACHE_DIR or REDIS_URL) and AUDIT_ENTRIES "
          "above 0. The log has each change."};
}

/// Grows with time: stores put records of one millisecond in the order of their ids.
std::string IdAt(WallTime when) {
  using std::chrono::nanoseconds;
  const auto since = std::chrono::duration_cast<nanoseconds>(when.time_since_epoch()).count();
  auto rest = static_cast<std::uint64_t>(since);
  std::array<std::byte, sizeof(rest)> bytes{};
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8U) {
    *byte = static_cast<std::byte>(rest & 0xFFU);
  }
  return ToHex(bytes) + RandomId().substr(0, 2 * bytes.size());
}

Json ChangeJson(const cache::HistoryRecord& record) {
  Json change = Json::object({{"id", record.id}, {"at", FormatTime(record.at)}});
  const auto noted = ParseJson(record.body);
  if (noted && noted->is_object()) change.update(*noted);
  return change;
}

http::Response ShowTrail(const ApiState& state, const http::RequestInfo& request) {
  if (auto refusal = RefuseUnknownParameters(request, {"page", "limit"})) {
    return ProblemResponse(request, *refusal);
  }
  const auto page = ReadPage(request);
  if (!page) return ProblemResponse(request, page.error());
  if (state.parts.audit == nullptr) return ProblemResponse(request, TrailTurnedOff());
  const auto kept = state.parts.audit->Read(kTrail);
  if (!kept) return ProblemResponse(request, kept.error());
  Json changes = Json::array();
  const PageRange range = RangeOf(*page, kept->size());
  for (std::size_t i = range.first; i < range.last; ++i) changes.push_back(ChangeJson((*kept)[i]));
  Json body = Json::object();
  body["success"] = true;
  AddPage(body, *page, kept->size());
  body["total"] = kept->size();
  body["changes"] = std::move(changes);
  return JsonResponse(200, body);
}

}  // namespace

void NoteChange(const ApiState& state, const http::RequestInfo& request,
                const AdminChange& change) {
  const bool failed = change.failure != nullptr;
  Logger& logger = state.parts.logger;
  if (failed) {
    logger.Warn("A change by an administrator failed; a part may have been done",
                {{"action", change.action},
                 {change.target_is, change.target},
                 {"by", request.client},
                 {"caller", request.caller},
                 {"reason", change.failure->message},
                 {"request_id", request.id}});
  } else {
    logger.Warn(change.log_line, {{change.target_is, change.target},
                                  {change.counted, change.count},
                                  {"by", request.client},
                                  {"caller", request.caller},
                                  {"request_id", request.id}});
  }
  if (state.parts.audit == nullptr) return;
  Json noted = Json::object();
  noted["action"] = change.action;
  noted["target"] = change.target;
  noted["count"] = change.count;
  noted["outcome"] = failed ? "failed" : "done";
  if (failed) noted["reason"] = change.failure->message;
  noted["caller"] = request.caller;
  noted["address"] = request.client;
  noted["requestId"] = request.id;
  const WallTime now = state.parts.clock.WallNow();
  state.parts.audit->Note(kTrail, {IdAt(now), now, DumpJson(noted)});
  // At once: a second administrator may ask another replica for it.
  state.parts.audit->Flush();
}

void AddAuditRoute(http::Router& router, const SharedState& state) {
  http::Route trail =
      WaitingRoute(state, 0, [state](const http::Request& request, const std::string&) {
        return ShowTrail(*state, request.info);
      });
  router.AddRoute("GET", "/api/admin/audit", Guarded(state, Need::kAdminRead, std::move(trail)));
}

}  // namespace vcache::api
