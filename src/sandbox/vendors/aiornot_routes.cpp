// AI or Not, version 2, as the pages of its reports on images, videos and texts describe it.

#include <string>
#include <string_view>
#include <utility>

#include "sandbox/upload_form.h"
#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace aiornot {
namespace {

constexpr Usd kPrice = Usd::FromMicros(10'000);
constexpr std::size_t kMinTextBytes = 250;

http::Response Failure(int status, const Json& detail) {
  return JsonAnswer(status, Json::object({{"detail", detail}}));
}

http::Response FailureFor(Mode mode) {
  // Validation errors are lists, in the format of the vendor's web framework.
  const Json problem = Json::object({{"type", "value_error"}, {"msg", "The content is not valid"}});
  return FailureIn(mode, {.rate_limit = Failure(429, "Too many requests"),
                          .quota = Failure(402, "No credits left"),
                          .credentials = Failure(401, "Invalid token"),
                          .refuse_media = Failure(422, Json::array({problem}))});
}

/// The query's `only` must be `report` (empty: absent): other reports would be billed too.
Judged Read(http::Request& request, const std::string& field, std::string_view report) {
  UploadForm form(field == "text" ? "" : field);
  if (!form.Read(request)) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  if (!HasBearer(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  if (QueryValue(request, "only") != report) {
    return {.refusal = Failure(422, "Ask for the report that is judged, and no other")};
  }
  if (field != "text") {
    if (!form.has_file()) return {.refusal = FailureFor(Mode::kRefuseMedia)};
    return {.cost = kPrice, .digest = form.Digest()};
  }
  const std::string& text = form.Field("text");
  if (text.size() < kMinTextBytes) return {.refusal = Failure(422, "The text is too short")};
  return {.cost = kPrice, .digest = DigestOfText(text)};
}

/// A final answer with one report. This vendor's own modes: a rejected or null report within a 200.
http::Response Around(const char* name, Json report, Mode mode) {
  const bool rejected = mode == Mode::kRefusal;
  Json reports = Json::object();
  reports[name] = rejected || mode == Mode::kTruncated ? Json(nullptr) : std::move(report);
  const Json status = Json::object({{name, rejected ? "rejected" : "processed"}});
  reports["meta"] = Json::object({{"duration", 4}, {"processing_status", status}});
  return JsonAnswer(200, Json::object({{"id", "rep_sandbox"},
                                       {"created_at", "2026-11-01T00:00:00Z"},
                                       {"report", std::move(reports)}}));
}

Json Confidence(const std::optional<Json>& score) {
  Json part = Json::object();
  part["is_detected"] = score && score->is_number() && score->get<double>() >= 0.5;
  if (score) part["confidence"] = *score;
  return part;
}

http::Response ImageAnswer(const Judged& judged, const std::optional<Json>& score, Mode mode) {
  const double ai = ScoreOf(judged.digest);
  const Json human = Json::object({{"is_detected", ai < 0.5}, {"confidence", 1 - ai}});
  const Json generator = Json::object({{"midjourney", ai / 2}, {"flux", 0.05}});
  return Around("ai_generated",
                Json::object({{"verdict", ai >= 0.5 ? "ai" : "human"},
                              {"ai", Confidence(score)},
                              {"human", human},
                              {"generator", generator}}),
                mode);
}

http::Response VideoAnswer(const Judged&, const std::optional<Json>& score, Mode mode) {
  return Around("ai_video", Confidence(score), mode);
}

http::Response TextAnswer(const Judged&, const std::optional<Json>& score, Mode mode) {
  return Around("ai_text", Confidence(score), mode);
}

}  // namespace
}  // namespace aiornot

void AddAiOrNot(http::Router& router, const Parts& parts) {
  using namespace aiornot;
  const auto reading = [](const char* field, const char* report) {
    return [field, report](http::Request& request) { return Read(request, field, report); };
  };
  AddCall(router, "/aiornot/v2/image/sync",
          {"aiornot", reading("image", "ai_generated"), ImageAnswer, FailureFor}, parts);
  AddCall(router, "/aiornot/v2/video/sync",
          {"aiornot", reading("video", "ai_video"), VideoAnswer, FailureFor}, parts);
  // The vendor's own client checks a key by this request; its numbers are invented.
  router.Add(
      "GET", "/aiornot/v2/billing/balance",
      [parts, vendor = Vendor{"aiornot", nullptr, nullptr, FailureFor}](http::Request& request) {
        return ServeQuestion(parts, vendor, request,
                             HasBearer(request) ? JsonAnswer(200, Json::object({{"balance", 1000}}))
                                                : FailureFor(Mode::kCredentials));
      });
  AddCall(router, "/aiornot/v2/text/sync", {"aiornot", reading("text", ""), TextAnswer, FailureFor},
          parts);
}

}  // namespace vcache::sandbox
