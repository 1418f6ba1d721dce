// Copyleaks' login and text detector, after its API pages and its own client.

#include <chrono>
#include <string>
#include <utility>

#include "sandbox/vendor_call.h"
#include "vcache/content/canonical_text.h"
#include "vcache/core/time_text.h"

namespace vcache::sandbox {
namespace copyleaks {
namespace {

constexpr Usd kPriceOfACredit = Usd::FromMicros(10'000);
constexpr std::size_t kMinCharacters = 255;
constexpr std::size_t kMaxCharacters = 25'000;

http::Response Failure(int status, std::string_view type, int code, std::string_view message) {
  return JsonAnswer(status, Json::object({{"error", Json::object({{"type", type},
                                                                  {"id", "sandbox"},
                                                                  {"code", code},
                                                                  {"message", message}})}}));
}

http::Response FailureFor(Mode mode) {
  return FailureIn(
      mode,
      {.rate_limit = Failure(429, "api_error", 9, "Too many requests"),
       .quota = Failure(400, "payment_error", 13, "Not enough credits"),
       .credentials = Failure(401, "authentication_error", 2, "Authentication failed"),
       .refuse_media = Failure(400, "invalid_request_error", 10, "The text cannot be processed")});
}

/// The vendor's date format has a fraction.
std::string Date(WallTime time) {
  std::string text = FormatTime(time);
  return text.insert(text.size() - 1, ".0000000");
}

http::Response LogIn(http::Request& request, Clock& clock) {
  const Json json = ReadJson(request);
  if (TextOf(json, "email").empty() || TextOf(json, "key").empty()) {
    return FailureFor(Mode::kCredentials);
  }
  return JsonAnswer(200,
                    Json::object({{"access_token", "token-of-the-sandbox"},
                                  {".issued", Date(clock.WallNow())},
                                  {".expires", Date(clock.WallNow() + std::chrono::hours(48))}}));
}

Judged Read(http::Request& request) {
  const auto authorization = request.info.headers.Get("Authorization");
  const auto text = AsString(Find(ReadJson(request), "text"));
  if (authorization != "Bearer token-of-the-sandbox") {
    return {.refusal = FailureFor(Mode::kCredentials)};
  }
  const auto canonical =
      text ? content::MakeCanonicalText(*text) : Result<content::CanonicalText>(Error{});
  if (!canonical) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  if (canonical->characters < kMinCharacters || canonical->characters > kMaxCharacters) {
    return {.refusal = Failure(400, "invalid_request_error", 11, "The length is out of bounds")};
  }
  return {.cost = kPriceOfACredit * (StartedUnits(WordsOf(*text), 250)),
          .digest = DigestOfText(*text)};
}

http::Response Answer(const Judged& judged, const std::optional<Json>& score, Mode) {
  Json summary = Json::object({{"human", 1 - ScoreOf(judged.digest)}});
  if (score) summary["ai"] = *score;
  Json document = Json::object({{"scanId", "sandbox"}, {"totalWords", 310}});
  const std::int64_t credits = judged.cost.micros() / kPriceOfACredit.micros();
  document["actualCredits"] = credits;
  document["expectedCredits"] = credits;
  Json body = Json::object({{"modelVersion", "v9.0"}});
  body["results"] = Json::array(
      {Json::object({{"classification", 2}, {"probability", 0.64}, {"matches", Json::array()}})});
  body["summary"] = std::move(summary);
  body["scannedDocument"] = std::move(document);
  return JsonAnswer(200, body);
}

}  // namespace
}  // namespace copyleaks

void AddCopyleaks(http::Router& router, const Parts& parts) {
  using namespace copyleaks;
  // The vendor has another host for it, which fails separately.
  router.Add("POST", "/copyleaks/v3/account/login/api",
             [parts, login = Vendor{"copyleaks-login", nullptr, nullptr, FailureFor}](
                 http::Request& request) {
               http::Response answer = LogIn(request, parts.clock);
               if (!parts.ledger.IsFor(login.name)) return answer;
               return ServeQuestion(parts, login, request, std::move(answer));
             });
  router.AddPrefix(
      "POST", "/copyleaks/v2/writer-detector/",
      [parts, vendor = Vendor{"copyleaks", Read, Answer, FailureFor}](http::Request& request) {
        return ServeCall(parts, vendor, request);
      },
      "/check");
}

}  // namespace vcache::sandbox
