#include "api/rate_gate.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/api_fixture.h"
#include "support/credentials.h"

using namespace vcache;
using namespace std::chrono_literals;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

const std::string kRateAdmin = "v8Qm2xKd7Lp4Tz9Wb6";
const std::string kRateKey = "u6Zt4wPa9Mk2Bq7Ds1";
const std::string kSlowKey = "n3Rf5yHs1Gc8Jv0Xe7";
constexpr const char* kUnknown =
    "/api/analysis/0000000000000000000000000000000000000000000000000000000000000000";

test::FakeClock& RateClock() {
  static test::FakeClock clock;
  return clock;
}

struct Limits {
  std::uint64_t lookups = 0;
  std::uint64_t analyses = 0;
  std::uint64_t paid_minute = 0;
  std::uint64_t paid_day = 0;
  std::uint64_t tries = 0;
};

api::ApiOptions Limiting(const Limits& limits, bool with_keys = false) {
  api::CredentialOptions credentials;
  credentials.admin_tokens = {{"ops", Secret(kRateAdmin), AccessScope::kAdmin}};
  if (with_keys) {
    credentials.api_keys = {{"site", Secret(kRateKey)},
                            {"slow",
                             Secret(kSlowKey),
                             AccessScope::kUser,
                             {.per_minute = 1, .daily_budget = Usd::FromMicros(25'000)}}};
  }
  api::RateLimitOptions options;
  options.limits = {limits.lookups, limits.analyses, limits.paid_minute, limits.paid_day,
                    limits.tries};
  api::ApiOptions all;
  all.authenticator = test::Accepting(credentials);
  all.rates = std::make_shared<api::RateLimits>(options, RateClock());
  return all;
}

test::Call TextOf(int number, const std::string& client = "192.0.2.7",
                  const std::string& key = {}) {
  test::Call call{"POST", "/api/analysis/text", {{"Content-Type", "text/plain"}}};
  call.body = ApiFixture::Text() + std::to_string(number);
  call.client = client;
  if (!key.empty()) call.headers.emplace_back("X-Api-Key", key);
  return call;
}

test::Call Stats(const std::string& token, const std::string& client = "192.0.2.7") {
  return {.method = "GET",
          .target = "/api/admin/cache/stats",
          .headers = {{"Authorization", "Bearer " + token}},
          .client = client};
}

}  // namespace

TEST_CASE("rate limits: one look-up too many is 429 with what helps the client") {
  ApiFixture bench(Limiting({.lookups = 2}));
  const auto first = bench.Send({"GET", kUnknown});
  CHECK(first.status == 404);
  CHECK(Header(first, "RateLimit-Policy") == "\"lookups\";q=2;w=60");
  CHECK(Header(first, "RateLimit").find("\"lookups\";r=1;t=") == 0);
  CHECK(bench.Send({"GET", kUnknown}).status == 404);
  const auto refused = bench.Send({"GET", kUnknown});
  CHECK(refused.status == 429);
  CHECK(Body(refused)["code"] == "rate_limited");
  CHECK(Body(refused)["retryAfterSeconds"].get<int>() >= 1);
  CHECK_FALSE(Header(refused, "Retry-After").empty());
  CHECK(Header(refused, "RateLimit").find("\"lookups\";r=0;t=") == 0);
  CHECK(bench.Send({.target = kUnknown, .client = "192.0.2.8"}).status == 404);
  CHECK(bench.Send(TextOf(1)).status == 200);  // analyses are counted apart
  CHECK(bench.Send({"GET", "/api/health/ready"}).status == 200);
}

TEST_CASE("rate limits: without any, no field and no refusal") {
  ApiFixture bench(Limiting({}));
  for (int i = 0; i < 20; ++i) {
    const auto answer = bench.Send(TextOf(i));
    CHECK(answer.status == 200);
    CHECK_FALSE(answer.headers.Get("RateLimit"));
  }
}

TEST_CASE("rate limits: only what is paid for counts as paid, and known content is answered") {
  ApiFixture bench(Limiting({.paid_minute = 2, .paid_day = 100}));
  CHECK(bench.Send(TextOf(1)).status == 200);
  for (int i = 0; i < 5; ++i) CHECK(bench.Send(TextOf(1)).status == 200);
  const auto second = bench.Send(TextOf(2));
  CHECK(Header(second, "RateLimit-Policy") ==
        "\"paid-minute\";q=2;w=60, \"paid-day\";q=100;w=86400");
  CHECK(Header(second, "RateLimit").find("\"paid-minute\";r=0;t=") == 0);
  CHECK(Header(second, "RateLimit").find("\"paid-day\";r=98;t=") != std::string::npos);
  const auto refused = bench.Send(TextOf(3));
  CHECK(refused.status == 429);
  CHECK(Body(refused)["code"] == "rate_limited");
  CHECK(bench.vendor->calls == 2);
  CHECK(bench.Send(TextOf(2)).status == 200);
  CHECK(bench.Send(TextOf(3, "192.0.2.8")).status == 200);  // somebody else may
  CHECK(bench.Send(TextOf(3)).status == 200);               // and then it is known
  CHECK(bench.vendor->calls == 3);
}

TEST_CASE("rate limits: a key has its own, wherever its requests come from") {
  ApiFixture bench(Limiting({.analyses = 3}, /*with_keys=*/true));
  CHECK(bench.Send(TextOf(1, "192.0.2.1", kSlowKey)).status == 200);
  CHECK(bench.Send(TextOf(1, "192.0.2.2", kSlowKey)).status == 429);
  for (int i = 0; i < 3; ++i) CHECK(bench.Send(TextOf(1, "192.0.2.1", kRateKey)).status == 200);
  CHECK(bench.Send(TextOf(1, "192.0.2.1", kRateKey)).status == 429);
}

TEST_CASE(
    "rate limits: guesses at the admin routes are slowed, then refused, and told to the log") {
  ApiFixture bench(Limiting({.tries = 3}));
  std::vector<std::chrono::milliseconds> delays;
  for (int i = 0; i < 3; ++i) {
    CHECK(bench.Send(Stats("wrong" + std::to_string(i))).status == 401);
    delays.push_back(bench.last_delay);
  }
  CHECK(delays == std::vector<std::chrono::milliseconds>{100ms, 200ms, 400ms});
  const auto refused = bench.Send(Stats("wrong"));
  CHECK(refused.status == 429);
  CHECK_FALSE(Header(refused, "Retry-After").empty());
  CHECK(bench.last_delay == 0ms);
  CHECK(bench.Send(Stats(kRateAdmin)).status == 429);  // or the limit would tell a right guess
  CHECK(bench.Send(Stats(kRateAdmin, "192.0.2.8")).status == 200);
  std::size_t warnings = 0;
  for (const auto& line : bench.logger.lines()) {
    if (line.message.find("Too many wrong credentials") != 0) continue;
    ++warnings;
    CHECK(line.level == LogLevel::kWarn);
    CHECK(line.fields.find("192.0.2.7") != std::string::npos);
  }
  CHECK(warnings == 1);
}

TEST_CASE("rate limits: guesses on other routes count, and lock out neither users nor keys") {
  ApiFixture bench(Limiting({.tries = 3}, /*with_keys=*/true));
  for (int i = 0; i < 6; ++i) {
    CHECK(bench.Send(TextOf(1, "192.0.2.7", "wrong")).status == 401);
    CHECK(bench.last_delay == 0ms);
  }
  CHECK(bench.Send(Stats(kRateAdmin)).status == 429);
  CHECK(bench.Send(TextOf(1, "192.0.2.7", kRateKey)).status == 200);
  test::Call as_admin = TextOf(1);
  as_admin.headers.emplace_back("Authorization", "Bearer " + kRateAdmin);
  CHECK(bench.Send(as_admin).status == 429);
}

TEST_CASE("rate limits: what is said without credentials is no try") {
  ApiFixture bench(Limiting({.tries = 1}));
  for (int i = 0; i < 5; ++i) {
    CHECK(bench.Send({"GET", "/api/admin/cache/stats"}).status == 401);
  }
  CHECK(bench.Send(Stats(kRateAdmin)).status == 200);
}
