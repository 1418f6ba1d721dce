// GPTZero, as its help centre's article on the results of the API and its client describe it.

#include <string>
#include <utility>

#include "sandbox/vendor_call.h"

namespace vcache::sandbox {
namespace gptzero {
namespace {

constexpr Usd kPriceOf1000Words = Usd::FromMicros(150'000);

http::Response Failure(int status, std::string_view message) {
  return JsonAnswer(status, Json::object({{"error", message}}));
}

http::Response FailureFor(Mode mode) {
  return FailureIn(mode, {.rate_limit = Failure(429, "Rate limit exceeded"),
                          .quota = Failure(429, "Monthly word limit exceeded"),
                          .credentials = Failure(401, "Invalid API key"),
                          .refuse_media = Failure(400, "The document could not be read")});
}

Judged Read(http::Request& request) {
  const std::string text = TextOf(ReadJson(request), "document");
  if (!HasApiKey(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  if (text.empty()) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  return {.cost = Usd::FromMicros(StartedUnits((kPriceOf1000Words * WordsOf(text)).micros(), 1000)),
          .digest = DigestOfText(text)};
}

http::Response Answer(const Judged& judged, const std::optional<Json>& score, Mode) {
  const double ai = ScoreOf(judged.digest);
  Json classes = Json::object();
  if (score) classes["ai"] = *score;
  classes["human"] = (1 - ai) / 2;
  classes["mixed"] = (1 - ai) / 2;
  Json document = Json::object();
  document["document_classification"] = ai >= 0.5 ? "AI_ONLY" : "MIXED";
  document["predicted_class"] = ai >= 0.5 ? "ai" : "mixed";
  document["confidence_category"] = "high";
  document["class_probabilities"] = std::move(classes);
  // If the newer figure is missing, the adapter must not use the older one instead.
  document["completely_generated_prob"] = ai;
  document["average_generated_prob"] = ai;
  document["overall_burstiness"] = 0;
  document["sentences"] = Json::array();
  document["paragraphs"] = Json::array();
  Json body = Json::object({{"version", "sandbox-base"}, {"scanId", "scan_sandbox"}});
  body["documents"] = Json::array({std::move(document)});
  return JsonAnswer(200, body);
}

}  // namespace
}  // namespace gptzero

void AddGptZero(http::Router& router, const Parts& parts) {
  using namespace gptzero;
  AddCall(router, "/gptzero/v2/predict/text", {"gptzero", Read, Answer, FailureFor}, parts);
}

}  // namespace vcache::sandbox
