// GPTZero, as its help centre's article on the results of the API and its client describe it.

#include <string>
#include <utility>

#include "sandbox/vendor_call.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::sandbox {
namespace {

constexpr Usd kPriceOf1000Words = Usd::FromMicros(150'000);

http::Response Failure(int status, std::string_view message) {
  return JsonAnswer(status, Json::object({{"error", message}}));
}

http::Response FailureFor(Mode mode) {
  switch (mode) {
    case Mode::kRateLimit:
      return Failure(429, "Rate limit exceeded");
    case Mode::kQuota:
      return Failure(429, "Monthly word limit exceeded");
    case Mode::kCredentials:
      return Failure(401, "Invalid API key");
    default:
      return Failure(400, "The document could not be read");
  }
}

Judged Read(http::Request& request) {
  const auto body = ReadSmallBody(request);
  if (!HasApiKey(request)) return {.refusal = FailureFor(Mode::kCredentials)};
  const Result<Json> json = ParseJson(body.value_or(""));
  const auto text = json ? AsString(Find(*json, "document")) : std::nullopt;
  if (!text || text->empty()) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  return {
      .cost = Usd::FromMicros(StartedUnits((kPriceOf1000Words * WordsOf(*text)).micros(), 1000)),
      .digest = content::DigestOf(AsBytes(*text))};
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

void AddGptZero(http::Router& router, const Parts& parts) {
  AddCall(router, "/gptzero/v2/predict/text", {"gptzero", Read, Answer, FailureFor}, parts);
}

}  // namespace vcache::sandbox
