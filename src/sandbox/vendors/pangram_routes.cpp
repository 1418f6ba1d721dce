// Pangram, after the REST pages of the vendor's SDK: a text becomes a task, which clients poll.

#include <string>
#include <utility>

#include "sandbox/job_board.h"
#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace pangram {
namespace {

constexpr Usd kPriceOf1000Words = Usd::FromMicros(50'000);

http::Response Failure(int status, std::string_view message) {
  return JsonAnswer(status, Json::object({{"error", message}}));
}

http::Response FailureFor(Mode mode) {
  return FailureIn(mode, {.rate_limit = Failure(429, "Too many requests"),
                          .quota = Failure(402, "Not enough credits"),
                          .credentials = Failure(401, "Invalid API key"),
                          .refuse_media = Failure(422, "The text could not be read")});
}

Judged Read(http::Request& request) {
  const Json json = ReadJson(request);
  if (!HasApiKey(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  const std::string text = TextOf(json, "text");
  // The request must decline a public page with the text.
  const bool is_private = AsBool(Find(json, "public_dashboard_link")) == false;
  if (text.empty() || !is_private) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  return {.cost = kPriceOf1000Words * (StartedUnits(WordsOf(text), 1000)),
          .digest = DigestOfText(text)};
}

/// kRefusal is a failed task, which has 0 in every fraction.
http::Response Answer(const Judged&, const std::optional<Json>& score, Mode mode) {
  const bool failed = mode == Mode::kRefusal;
  Json body = Json::object();
  body["stage"] = failed ? "STAGE_FAILED" : "STAGE_SUCCESS";
  body["version"] = "sandbox";
  body["headline"] = failed ? "The text could not be analyzed" : "A made-up verdict";
  body["prediction_short"] = "Mixed";
  if (score) body["fraction_ai"] = failed ? Json(0) : *score;
  body["fraction_ai_assisted"] = 0;
  body["fraction_human"] = 0;
  body["windows"] = Json::array();
  return JsonAnswer(200, body);
}

JobWords Words() {
  return {[](const std::string& id) {
            return JsonAnswer(200, Json::object({{"task_id", id}}));
          },
          [](const std::string&) {
            return JsonAnswer(200, Json::object({{"stage", "STAGE_PREPROCESSING"}}));
          },
          [] { return Failure(404, "No such task"); }};
}

}  // namespace
}  // namespace pangram

void AddPangram(http::Router& router, const Parts& parts) {
  using namespace pangram;
  const Vendor vendor{"pangram", Read, Answer, FailureFor};
  router.Add("POST", "/pangram/task", [parts, vendor](http::Request& request) {
    return ServeSubmission(parts, vendor, Words(), request);
  });
  router.AddPrefix("GET", "/pangram/task/", [parts, vendor](http::Request& request) {
    if (!HasApiKey(request)) return FailureFor(Mode::kCredentials);
    return ServeLook(parts, vendor, Words(), std::string(request.tail));
  });
}

}  // namespace vcache::sandbox
