// Reality Defender, after its API reference ("Get media detail"), its article "Introduction to
// RealAPI" and its own client: a signed URL, an upload to it, and a later result.

#include <string>
#include <utility>

#include "sandbox/job_board.h"
#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace reality_defender {
namespace {

constexpr std::string_view kVendor = "realitydefender";
constexpr Usd kPrice = Usd::FromMicros(50'000);

http::Response Failure(int status, std::string_view code, std::string_view message) {
  return JsonAnswer(status,
                    Json::object({{"code", code}, {"errno", status}, {"response", message}}));
}

http::Response FailureFor(Mode mode) {
  return FailureIn(
      mode,
      {.rate_limit = Failure(429, "too_many_requests", "Too many requests"),
       .quota = Failure(400, "upload-limit-reached", "The upload limit of the plan is reached"),
       .credentials = Failure(401, "unauthorized", "Invalid API key"),
       .refuse_media = Failure(400, "invalid-request", "The file cannot be taken")});
}

Judged ReadAnnouncement(http::Request& request) {
  const std::string name = TextOf(ReadJson(request), "fileName");
  if (!HasApiKey(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  if (name.find('.') == std::string::npos) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  return {.has_content = false};
}

http::Response Upload(CallLedger& ledger, JobBoard& jobs, http::Request& request) {
  const std::string id(request.tail);
  const auto digest = DigestOfBody(request);
  if (!digest) return Failure(400, "incomplete", "The upload broke off");
  const auto job = jobs.Find(id);
  http::Response response;
  if (!job || request.info.headers.Get("X-API-KEY")) {
    response.status = 403;  // a wrong signature, or an API key sent to the storage
    return response;
  }
  ledger.Charge(kVendor, IsCharged(job->mode), kPrice);
  jobs.Complete(id, {.cost = kPrice, .digest = *digest});
  return response;
}

http::Response Running(const std::string& id) {
  return JsonAnswer(200, Json::object({{"requestId", id},
                                       {"overallStatus", "ANALYZING"},
                                       {"resultsSummary", nullptr},
                                       {"models", Json::array()}}));
}

http::Response Answer(const Judged& judged, const std::optional<Json>& score, Mode) {
  const std::string status = ScoreOf(judged.digest) >= 0.5 ? "FAKE" : "AUTHENTIC";
  Json metadata = Json::object();
  if (score)
    metadata["finalScore"] = score->is_number() ? Json(score->get<double>() * 100) : *score;
  const Json summary = Json::object({{"status", status}, {"metadata", std::move(metadata)}});
  Json body = Json::object({{"requestId", "sandbox"}, {"mediaType", "IMAGE"}});
  body["overallStatus"] = status;
  body["resultsSummary"] = summary;
  body["models"] = Json::array({Json::object(
      {{"name", "sandbox"}, {"status", status}, {"predictionNumber", ScoreOf(judged.digest)}})});
  return JsonAnswer(200, body);
}

}  // namespace
}  // namespace reality_defender

void AddRealityDefender(http::Router& router, const Parts& parts) {
  using namespace reality_defender;
  const Vendor vendor{std::string(kVendor), ReadAnnouncement, Answer, FailureFor};
  router.Add(
      "POST", "/realitydefender/api/files/aws-presigned", [parts, vendor](http::Request& request) {
        const std::string host(request.info.headers.Get("Host").value_or(""));
        const auto accepted = [&host](const std::string& id) {
          const std::string url = "http://" + host + "/realitydefender/upload/" + id;
          return JsonAnswer(200, Json::object({{"code", "ok"},
                                               {"errno", 0},
                                               {"response", Json::object({{"signedUrl", url}})},
                                               {"mediaId", "media-" + id},
                                               {"requestId", id}}));
        };
        return ServeSubmission(parts, vendor, {accepted, nullptr, nullptr}, request);
      });
  router.AddPrefix("PUT", "/realitydefender/upload/", [parts](http::Request& request) {
    return Upload(parts.ledger, parts.jobs, request);
  });
  router.AddPrefix(
      "GET", "/realitydefender/api/media/users/", [parts, vendor](http::Request& request) {
        if (!HasApiKey(request)) return FailureFor(Mode::kCredentials);
        const JobWords words{nullptr, Running,
                             [] { return Failure(404, "not_found", "No such request"); }};
        return ServeLook(parts, vendor, words, std::string(request.tail));
      });
}

}  // namespace vcache::sandbox
