#include "api/job_answer.h"

#include <utility>

#include "api/analysis_answer.h"
#include "api/json_response.h"
#include "api/problem.h"
#include "json/json.h"
#include "vcache/core/ascii.h"
#include "vcache/core/enum_table.h"

namespace vcache::api {
namespace {

using analysis::JobView;
using Phase = JobView::Phase;

constexpr EnumNames<Phase, 4> kJobPhases{{"running", "done", "failed", "lost"}};

std::string PathOf(const std::string& id) {
  return "/api/jobs/" + id;
}

Json JobJson(const cache::CacheKey& key, const JobView& view, const http::RequestInfo& request,
             const Clock& clock) {
  const std::string id = JobId(key);
  Json job = Json::object();
  job["id"] = id;
  job["state"] = kJobPhases.Of(view.phase);
  job["stage"] = view.phase == Phase::kRunning ? Json(StageName(view.stage)) : Json(nullptr);
  const bool sends = view.phase == Phase::kRunning && view.stage == analysis::Stage::kSending;
  job["percent"] = sends ? Json(view.percent) : Json(nullptr);
  job["events"] = PathOf(id) + "/events";
  Json body = Json::object();
  body["success"] = view.phase == Phase::kRunning || view.phase == Phase::kDone;
  body["job"] = std::move(job);
  if (view.result) {
    // The same as the answer to a look-up.
    const auto answer = ParseJson(AnalysisResponse(*view.result, {}, clock).body);
    if (answer) {
      for (const char* const name : {"analysis", "cache"}) body[name] = *Find(*answer, name);
    }
  }
  if (view.error) {
    if (auto problem = ParseJson(ProblemResponse(request, *view.error).body)) {
      body["problem"] = *std::move(problem);
    }
  }
  if (view.phase == Phase::kLost) {
    body["error"] =
        "Nobody works on this any more, and no verdict is known; send the content "
        "again.";
  }
  return body;
}

}  // namespace

bool PrefersAsync(const http::Headers& headers) {
  for (const std::string_view field : headers.GetAll("Prefer")) {
    std::string_view rest = field;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      std::string_view one = rest.substr(0, comma);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
      one = one.substr(0, one.find_first_of(";="));
      while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
      while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
      if (ToLower(one) == "respond-async") return true;
    }
  }
  return false;
}

std::string JobId(const cache::CacheKey& key) {
  return std::string(cache::KindName(key.kind)) + "-" + key.digest.ToHex();
}

Result<cache::CacheKey> KeyOfJob(std::string_view id) {
  const std::size_t dash = id.find('-');
  for (const auto kind : {cache::ContentKind::kAnalysis, cache::ContentKind::kText}) {
    if (dash == std::string_view::npos || id.substr(0, dash) != cache::KindName(kind)) continue;
    const auto digest = content::ContentDigest::FromHex(id.substr(dash + 1));
    if (digest) return cache::CacheKey{kind, *digest};
  }
  return Error{ErrorCode::kNotFound,
               "There is no such job; its id is in the Location of the answer that began it."};
}

http::Response AcceptedResponse(const cache::CacheKey& key) {
  const std::string id = JobId(key);
  Json job = Json::object();
  job["id"] = id;
  job["state"] = kJobPhases.Of(Phase::kRunning);
  job["events"] = PathOf(id) + "/events";
  Json body = Json::object();
  body["success"] = true;
  body["job"] = std::move(job);
  http::Response response = JsonResponse(202, body);
  MarkUncached(response);
  response.headers.Add("Location", PathOf(id));
  response.headers.Add("Preference-Applied", "respond-async");
  response.headers.Add("Retry-After", "2");
  response.log_outcome = "ACCEPTED";
  return response;
}

http::Response JobResponse(const cache::CacheKey& key, const JobView& view,
                           const http::RequestInfo& request, const Clock& clock) {
  http::Response response = JsonResponse(200, JobJson(key, view, request, clock));
  if (!view.is_final()) response.headers.Add("Retry-After", "2");
  return response;
}

std::string JobEvent(const cache::CacheKey& key, const JobView& view,
                     const http::RequestInfo& request, const Clock& clock) {
  const std::string name =
      view.phase == Phase::kRunning ? "progress" : std::string(kJobPhases.Of(view.phase));
  return "id: " + view.id + "\nevent: " + name +
         "\ndata: " + DumpJson(JobJson(key, view, request, clock)) + "\n\n";
}

}  // namespace vcache::api
