// Sapling's AI detector, as its API page and its sample code describe it.

#include <string>
#include <utility>

#include "sandbox/vendor_call.h"
#include "vcache/content/canonical_text.h"

namespace vcache::sandbox {
namespace sapling {
namespace {

constexpr Usd kPricePerThousand = Usd::FromMicros(5'000);

http::Response Failure(int status, std::string_view message) {
  return JsonAnswer(status, Json::object({{"msg", message}}));
}

http::Response FailureFor(Mode mode) {
  return FailureIn(mode, {.rate_limit = Failure(429, "Rate limit exceeded"),
                          .quota = Failure(429, "Daily character limit exceeded"),
                          .credentials = Failure(401, "Invalid API key"),
                          .refuse_media = Failure(400, "The text could not be read")});
}

Judged Read(http::Request& request) {
  const Json json = ReadJson(request);
  if (json.is_null()) return {.refusal = Failure(400, "Malformed JSON")};
  const std::string text = TextOf(json, "text");
  if (TextOf(json, "key").empty()) return {.refusal = FailureFor(Mode::kCredentials)};
  if (text.empty()) return {.refusal = Failure(400, "Missing text")};
  const auto canonical = content::MakeCanonicalText(text);
  if (!canonical) return {.refusal = Failure(400, "The text is not UTF-8")};
  return {.cost = kPricePerThousand * StartedUnits(canonical->characters, 1000),
          .digest = DigestOfText(text)};
}

http::Response Answer(const Judged&, const std::optional<Json>& score, Mode) {
  Json body = Json::object();
  if (score) body["score"] = *score;
  body["sentence_scores"] = Json::array();
  body["tokens"] = Json::array();
  body["token_probs"] = Json::array();
  return JsonAnswer(200, body);
}

}  // namespace
}  // namespace sapling

void AddSapling(http::Router& router, const Parts& parts) {
  using namespace sapling;
  AddCall(router, "/sapling/api/v1/aidetect", {"sapling", Read, Answer, FailureFor}, parts);
}

}  // namespace vcache::sandbox
