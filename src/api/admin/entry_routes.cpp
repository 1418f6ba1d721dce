// What is kept, for administrators: page by page, one entry, and the removal of one.
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/admin/audit.h"
#include "api/admin/entry_input.h"
#include "api/admin/entry_json.h"
#include "api/intake/strict_input.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"

namespace vcache::api {
namespace {

constexpr std::size_t kUsualEntries = 100;
constexpr std::size_t kMostEntries = 1'000;
constexpr std::chrono::milliseconds kPageTimeout{10'000};
/// A removal walks through the whole store, as a clear does.
constexpr std::chrono::milliseconds kRemovalTimeout{60'000};
constexpr const char* kEntries = "/api/admin/cache/entries";

Deadline Within(const ApiState& state, const http::Request& request,
                std::chrono::milliseconds time) {
  return request.deadline.Shortened(Deadline::After(state.parts.clock, time));
}

Result<cache::EntryQuery> ReadQuery(const ApiState& state, const http::RequestInfo& info) {
  if (auto refusal = RefuseUnknownParameters(info, {"cursor", "match", "limit"})) {
    return *std::move(refusal);
  }
  cache::EntryQuery query;
  auto cursor = http::FormValue(info.query, "cursor");
  if (!cursor) return std::move(cursor).error();
  query.cursor = std::move(*cursor).value_or("");
  auto pattern = MatchParameter(info, state.options.keys);
  if (!pattern) return std::move(pattern).error();
  query.pattern = *std::move(pattern);
  const auto limit = NumberParameter(info, "limit", kUsualEntries, kMostEntries);
  if (!limit) return limit.error();
  query.limit = *limit;
  return query;
}

Result<Json> ListEntries(const ApiState& state, const http::Request& request) {
  const auto query = ReadQuery(state, request.info);
  if (!query) return query.error();
  const auto entries = EntriesOf(state.parts);
  if (!entries) return entries.error();
  const WallTime now = state.parts.clock.WallNow();
  Json list = Json::array();
  const auto next = (*entries)->Page(
      *query,
      [&](cache::KeptEntry&& kept) {
        list.push_back(EntrySummary(kept, now));
        return true;
      },
      Within(state, request, kPageTimeout));
  if (!next) return next.error();
  Json body = Json::object();
  body["success"] = true;
  body["count"] = list.size();
  body["entries"] = std::move(list);
  body["nextCursor"] = next->empty() ? Json(nullptr) : Json(*next);
  return body;
}

Error NoSuchEntry() {
  return {ErrorCode::kNotCached, "No entry is kept under this key."};
}

Result<Json> ShowEntry(const ApiState& state, const http::Request& request) {
  if (auto refusal = RefuseUnknownParameters(request.info, {})) return *std::move(refusal);
  const auto keys = KeysMeant(request.tail, state.options.keys);
  if (!keys) return keys.error();
  const auto entries = EntriesOf(state.parts);
  if (!entries) return entries.error();
  const Deadline deadline = Within(state, request, kPageTimeout);
  for (const cache::CacheKey& key : *keys) {
    const auto found = (*entries)->Find(key, deadline);
    if (!found) return found.error();
    if (!*found) continue;
    Json entry = EntrySummary(**found, state.parts.clock.WallNow());
    const auto stored = ParseJson((*found)->json);
    entry["stored"] = stored ? *stored : Json(nullptr);
    return Json::object({{"success", true}, {"entry", std::move(entry)}});
  }
  return NoSuchEntry();
}

void NoteRemoval(const ApiState& state, const http::RequestInfo& info, std::string pattern,
                 const Result<cache::ClearReport>& cleared) {
  AdminChange change{.action = "entry.remove",
                     .log_line = "Cache entry removed",
                     .target_is = "pattern",
                     .target = std::move(pattern),
                     .counted = "entries"};
  if (cleared) change.count = static_cast<std::int64_t>(cleared->total());
  if (!cleared) change.failure = &cleared.error();
  NoteChange(state, info, change);
}

/// The patterns of stored names that select the entry, the likeliest first. A hash alone means both
/// kinds.
Result<std::vector<std::string>> PatternsMeant(const ApiState& state, std::string_view tail) {
  const auto keys = KeysMeant(tail, state.options.keys);
  if (!keys) return keys.error();
  const bool is_hash = tail.size() == 2 * content::kDigestSize;
  std::vector<std::string> patterns;
  for (const cache::CacheKey& key : *keys) {
    std::string pattern = is_hash ? "*:" + key.digest.ToHex() : key.ToString();
    if (patterns.empty() || patterns.back() != pattern) patterns.push_back(std::move(pattern));
  }
  return patterns;
}

/// In all tiers and replicas, by a clear of its name.
Result<Json> RemoveEntry(const ApiState& state, const http::Request& request) {
  if (auto refusal = RefuseQuery(request.info)) return *std::move(refusal);
  const auto patterns = PatternsMeant(state, request.tail);
  if (!patterns) return patterns.error();
  const Deadline deadline = Within(state, request, kRemovalTimeout);
  for (const std::string& text : *patterns) {
    const auto pattern = cache::KeyPattern::Parse(text);
    if (!pattern) return pattern.error();
    const auto cleared = state.parts.store.Clear(*pattern, cache::ClearMode::kDelete, deadline);
    if (cleared && cleared->total() == 0) continue;
    NoteRemoval(state, request.info, pattern->text(), cleared);
    if (!cleared) return cleared.error();
    return Json::object({{"success", true}, {"key", request.tail}, {"removed", cleared->total()}});
  }
  return NoSuchEntry();
}

using EntryHandler = Result<Json> (*)(const ApiState&, const http::Request&);

http::Route EntryRoute(const SharedState& state, Need need, EntryHandler handler) {
  return Guarded(
      state, need,
      WaitingRoute(state, 0, [state, handler](const http::Request& request, const std::string&) {
        const Result<Json> body = handler(*state, request);
        if (!body) return ProblemResponse(request.info, body.error());
        return JsonResponse(200, *body);
      }));
}

}  // namespace

void AddEntryRoutes(http::Router& router, const SharedState& state) {
  const std::string one = std::string(kEntries) + "/";
  router.AddRoute("GET", kEntries, EntryRoute(state, Need::kAdminRead, ListEntries));
  router.AddPrefixRoute("GET", one, EntryRoute(state, Need::kAdminRead, ShowEntry));
  router.AddPrefixRoute("DELETE", one, EntryRoute(state, Need::kAdmin, RemoveEntry));
}

}  // namespace vcache::api
