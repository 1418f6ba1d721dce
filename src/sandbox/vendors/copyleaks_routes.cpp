// Copyleaks' login and text detector, after its API pages and its own client.

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "sandbox/vendor_call.h"
#include "vcache/content/canonical_text.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::sandbox {
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
  switch (mode) {
    case Mode::kRateLimit:
      return Failure(429, "api_error", 9, "Too many requests");
    case Mode::kQuota:
      return Failure(400, "payment_error", 13, "Not enough credits");
    case Mode::kCredentials:
      return Failure(401, "authentication_error", 2, "Authentication failed");
    default:
      return Failure(400, "invalid_request_error", 10, "The text cannot be processed");
  }
}

/// The vendor's date format: ISO 8601 in UTC.
std::string Date(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.0000000Z", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()));
  return text;
}

http::Response LogIn(http::Request& request, Clock& clock) {
  const auto body = ReadSmallBody(request);
  const Result<Json> json = ParseJson(body.value_or(""));
  const auto email = json ? AsString(Find(*json, "email")) : std::nullopt;
  const auto key = json ? AsString(Find(*json, "key")) : std::nullopt;
  if (!email || email->empty() || !key || key->empty()) return FailureFor(Mode::kCredentials);
  return JsonAnswer(200,
                    Json::object({{"access_token", "token-of-the-sandbox"},
                                  {".issued", Date(clock.WallNow())},
                                  {".expires", Date(clock.WallNow() + std::chrono::hours(48))}}));
}

Judged Read(http::Request& request) {
  const auto authorization = request.info.headers.Get("Authorization");
  const auto body = ReadSmallBody(request);
  if (authorization != "Bearer token-of-the-sandbox") {
    return {.refusal = FailureFor(Mode::kCredentials)};
  }
  const Result<Json> json = ParseJson(body.value_or(""));
  const auto text = json ? AsString(Find(*json, "text")) : std::nullopt;
  const auto canonical =
      text ? content::MakeCanonicalText(*text) : Result<content::CanonicalText>(Error{});
  if (!canonical) return {.refusal = FailureFor(Mode::kRefuseMedia)};
  if (canonical->characters < kMinCharacters || canonical->characters > kMaxCharacters) {
    return {.refusal = Failure(400, "invalid_request_error", 11, "The length is out of bounds")};
  }
  return {.cost = kPriceOfACredit * StartedUnits(WordsOf(*text), 250),
          .digest = content::DigestOf(AsBytes(*text))};
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

void AddCopyleaks(http::Router& router, const Parts& parts) {
  // The vendor has another host for it, which fails separately.
  router.Add("POST", "/copyleaks/v3/account/login/api",
             [parts, login = Vendor{"copyleaks-login", nullptr, nullptr, FailureFor}](
                 http::Request& request) {
               http::Response answer = LogIn(request, parts.clock);
               if (!parts.ledger.IsFor(login.name)) return answer;
               return ServeQuestion(parts.ledger, parts.clock, login, request, std::move(answer));
             });
  router.AddPrefix(
      "POST", "/copyleaks/v2/writer-detector/",
      [parts, vendor = Vendor{"copyleaks", Read, Answer, FailureFor}](http::Request& request) {
        return ServeCall(parts.ledger, parts.clock, vendor, request);
      },
      "/check");
}

}  // namespace vcache::sandbox
