// What users see of their own past analyses, and how these are removed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/analysis_answer.h"
#include "api/history_record.h"
#include "api/intake/page.h"
#include "api/intake/strict_input.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/waiting_route.h"
#include "vcache/core/parse_number.h"

namespace vcache::api {
namespace {

using Records = std::vector<Json>;

Error NoHistory() {
  return ForEverybody(
      {ErrorCode::kForbidden, "A history belongs to a user: send a user's token or an API key."});
}

Error NoSuchAnalysis() {
  return ForEverybody({ErrorCode::kNotFound,
                       "Your history has no analysis with this id; it may have been removed."});
}

/// The owner of the sender's history.
Result<std::string> OwnerAsking(const ApiState& state, const http::RequestInfo& request) {
  if (state.parts.history == nullptr) return HistoryTurnedOff();
  std::string owner = OwnerOf(request);
  if (owner.empty()) return NoHistory();
  return owner;
}

/// The newest first.
Result<Records> RecordsOf(const ApiState& state, const std::string& owner) {
  const auto kept = state.parts.history->Read(owner);
  if (!kept) return kept.error();
  Records records;
  for (const cache::HistoryRecord& record : *kept) {
    if (Json json = RecordJson(record); json.is_object()) records.push_back(std::move(json));
  }
  return records;
}

void Count(Json& counts, const Json* name) {
  const auto text = AsString(name);
  if (!text) return;
  Json& count = counts[std::string(*text)];
  count = count.is_null() ? 1 : count.get<int>() + 1;
}

Json CountsOf(const Records& records) {
  Json counts = Json::object();
  counts["total"] = records.size();
  counts["byType"] = Json::object();
  counts["byVerdict"] = Json::object();
  for (const Json& record : records) {
    Count(counts["byType"], Find(record, "type"));
    Count(counts["byVerdict"], FindPath(record, {"verdict", "key"}));
  }
  return counts;
}

/// Part of the records, and all of their counts.
http::Response PageOf(const http::RequestInfo& request, const Records& records) {
  const auto page = ReadPage(request);
  if (!page) return ProblemResponse(request, page.error());
  Json body = Json::object();
  body["success"] = true;
  AddPage(body, *page, records.size());
  body["counts"] = CountsOf(records);
  Json shown = Json::array();
  const PageRange range = RangeOf(*page, records.size());
  for (std::size_t i = range.first; i < range.last; ++i) shown.push_back(records[i]);
  body["analyses"] = std::move(shown);
  return JsonResponse(200, body);
}

http::Response ListHistory(const ApiState& state, const http::Request& request) {
  const http::RequestInfo& info = request.info;
  if (auto refusal = RefuseUnknownParameters(info, {"page", "limit"})) {
    return ProblemResponse(info, *refusal);
  }
  const auto owner = OwnerAsking(state, info);
  if (!owner) return ProblemResponse(info, owner.error());
  const auto records = RecordsOf(state, *owner);
  if (!records) return ProblemResponse(info, records.error());
  return PageOf(info, *records);
}

bool Asks(const http::RequestInfo& request, std::string_view name) {
  const auto text = http::FormValue(request.query, name);
  return text && *text == "true";
}

/// `?transaction=<id>`: one batch; `?images=true`: pictures only; `?stats=true`: counts only.
http::Response ListBatches(const ApiState& state, const http::Request& request) {
  const http::RequestInfo& info = request.info;
  if (auto refusal =
          RefuseUnknownParameters(info, {"transaction", "images", "stats", "page", "limit"})) {
    return ProblemResponse(info, *refusal);
  }
  const auto transaction = http::FormValue(info.query, "transaction");
  if (!transaction) return ProblemResponse(info, transaction.error());
  const auto owner = OwnerAsking(state, info);
  if (!owner) return ProblemResponse(info, owner.error());
  auto records = RecordsOf(state, *owner);
  if (!records) return ProblemResponse(info, records.error());
  const bool images = Asks(info, "images");
  std::erase_if(*records, [&](const Json& record) {
    const auto of = AsString(Find(record, "transactionId"));
    if (!of || (*transaction && *of != **transaction)) return true;
    return images && AsString(Find(record, "type")) != "IMAGE";
  });
  if (*transaction && records->empty()) {
    return ProblemResponse(
        info, ForEverybody({ErrorCode::kNotFound, "Your history has no batch with this id."}));
  }
  if (!Asks(info, "stats")) return PageOf(info, *records);
  return JsonResponse(200, Json::object({{"success", true}, {"counts", CountsOf(*records)}}));
}

/// The record, and what the verdict adds to it as long as that is kept.
http::Response ShowOne(const ApiState& state, const http::Request& request) {
  const http::RequestInfo& info = request.info;
  const auto owner = OwnerAsking(state, info);
  if (!owner) return ProblemResponse(info, owner.error());
  const auto kept = state.parts.history->Read(*owner);
  if (!kept) return ProblemResponse(info, kept.error());
  const auto record =
      std::find_if(kept->begin(), kept->end(),
                   [&](const cache::HistoryRecord& one) { return one.id == request.tail; });
  const auto key = record == kept->end() ? std::nullopt : KeyOfRecord(*record);
  if (!key) return ProblemResponse(info, NoSuchAnalysis());
  Json noted = RecordJson(*record);
  Json body = Json::object();
  const auto found = state.parts.analysis.Find(*key, request.deadline);
  if (found) {
    AddAnalysis(body, *found, {}, state.parts.clock.WallNow(), LookUpReaderOf(state, info));
  } else {
    body["analysis"] = Json::object();
  }
  for (auto& [name, value] : noted.items()) body["analysis"][name] = std::move(value);
  Json answer = Json::object();
  answer["success"] = true;
  answer["verdictKept"] = found.has_value();
  answer["analysis"] = std::move(body["analysis"]);
  return JsonResponse(200, answer);
}

http::Response RemoveOne(const ApiState& state, const http::Request& request) {
  const http::RequestInfo& info = request.info;
  const auto owner = OwnerAsking(state, info);
  if (!owner) return ProblemResponse(info, owner.error());
  const auto removed = state.parts.history->Remove(*owner, std::string(request.tail));
  if (!removed) return ProblemResponse(info, removed.error());
  if (!*removed) return ProblemResponse(info, NoSuchAnalysis());
  return JsonResponse(200, Json::object({{"success", true}, {"id", request.tail}}));
}

using HistoryHandler = http::Response (*)(const ApiState&, const http::Request&);

http::Route HistoryRoute(const SharedState& state, HistoryHandler handler) {
  return WaitingRoute(state, 0, [state, handler](const http::Request& request, const std::string&) {
    return handler(*state, request);
  });
}

}  // namespace

http::Route FindInHistory(const SharedState& state) {
  return HistoryRoute(state, ShowOne);
}

void AddHistoryRoutes(http::Router& router, const SharedState& state) {
  const auto route = [&](Need need, HistoryHandler handler) {
    return Guarded(state, need, HistoryRoute(state, handler));
  };
  router.AddRoute("GET", "/api/analysis/history", route(Need::kLookUp, ListHistory));
  for (const char* path : {"/api/analysis/batch", "/api/upload/advanced"}) {
    router.AddRoute("GET", path, route(Need::kLookUp, ListBatches));
  }
  router.AddPrefixRoute("DELETE", "/api/analysis/", route(Need::kLookUp, RemoveOne));
}

}  // namespace vcache::api
