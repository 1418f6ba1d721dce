// What administrators do with the data of one user.
#include <cstdint>
#include <string>
#include <utility>

#include "api/admin/audit.h"
#include "api/history_record.h"
#include "api/intake/strict_input.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"

namespace vcache::api {
namespace {

constexpr const char* kUsers = "/api/admin/users/";

/// `42` and `user:42` are a user; `key:site` is an API key.
std::string OwnerNamed(std::string name) {
  if (name.starts_with("user:") || name.starts_with("key:")) return name;
  return "user:" + std::move(name);
}

http::Response EraseUser(const ApiState& state, const http::Request& request) {
  const http::RequestInfo& info = request.info;
  if (auto refusal = RefuseQuery(info)) return ProblemResponse(info, *refusal);
  if (state.parts.history == nullptr) return ProblemResponse(info, HistoryTurnedOff());
  AdminChange change{.action = "history.erase",
                     .log_line = "A history was erased",
                     .target_is = "owner",
                     .target = OwnerNamed(std::string(request.tail)),
                     .counted = "analyses"};
  const auto erased = state.parts.history->Erase(change.target);
  if (erased) change.count = static_cast<std::int64_t>(*erased);
  if (!erased) change.failure = &erased.error();
  NoteChange(state, info, change);
  if (!erased) return ProblemResponse(info, erased.error());
  return JsonResponse(200, Json::object({{"success", true}, {"erased", *erased}}));
}

}  // namespace

void AddUserRoutes(http::Router& router, const SharedState& state) {
  http::Route erase =
      WaitingRoute(state, 0, [state](const http::Request& request, const std::string&) {
        return EraseUser(*state, request);
      });
  router.AddPrefixRoute("DELETE", kUsers, Guarded(state, Need::kAdmin, std::move(erase)),
                        "/history");
}

}  // namespace vcache::api
