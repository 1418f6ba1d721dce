#include "api/request_controls.h"

#include <doctest/doctest.h>

#include "support/api_fixture.h"
#include "support/credentials.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

const std::string kCallersKey = "u6Zt4wPa9Mk2Bq7Ds1";

api::ApiOptions WithKey() {
  api::CredentialOptions credentials;
  credentials.api_keys = {{"site", Secret(kCallersKey), AccessScope::kUser}};
  api::ApiOptions options;
  options.authenticator = test::Accepting(credentials);
  return options;
}

http::Response AskWith(ApiFixture& bench, const std::string& control, bool with_key = true) {
  test::Call call{"POST",
                  "/api/analysis/text",
                  {{"Content-Type", "text/plain"}, {"Cache-Control", control}},
                  ApiFixture::Text()};
  if (with_key) call.headers.emplace_back("X-Api-Key", kCallersKey);
  return bench.Send(call);
}

}  // namespace

TEST_CASE("no-cache: a known caller gets a new verdict, which replaces the old one") {
  ApiFixture bench(WithKey());
  REQUIRE(AskWith(bench, "").status == 200);
  bench.clock.Advance(std::chrono::seconds(5));
  bench.vendor->answer = [&](const auto&) { return bench.vendor->Verdict(20); };
  const auto anew = AskWith(bench, "no-cache");
  CHECK(Header(anew, "X-Cache") == "MISS");
  CHECK(Header(anew, "Cache-Status") == "VerdictCache; fwd=request; stored; ttl=2592000");
  CHECK(Body(anew)["analysis"]["aiScore"] == 20);
  CHECK(Body(AskWith(bench, ""))["analysis"]["aiScore"] == 20);
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("no-cache: if the new call fails the answer says so, and the old verdict stays") {
  ApiFixture bench(WithKey());
  REQUIRE(AskWith(bench, "").status == 200);
  bench.clock.Advance(std::chrono::seconds(5));
  bench.vendor->answer = [](const auto&) {
    return Error{ErrorCode::kVendorUnavailable, "down", Charge::kNone};
  };
  const auto failed = AskWith(bench, "no-cache");
  CHECK(failed.status == 503);
  CHECK(Header(failed, "Cache-Status") == "VerdictCache; fwd=request");
  CHECK(Header(AskWith(bench, ""), "X-Cache") == "HIT");
}

TEST_CASE("no-store: nothing is read or kept, and the answer says BYPASS") {
  ApiFixture bench(WithKey());
  const auto passed = AskWith(bench, "no-store");
  CHECK(passed.status == 200);
  CHECK(Header(passed, "X-Cache") == "BYPASS");
  CHECK(Header(passed, "Cache-Status") == "VerdictCache; fwd=bypass");
  CHECK(Body(passed)["cache"]["status"] == "BYPASS");
  CHECK(Body(passed)["cache"]["ttlSeconds"].is_null());
  CHECK(Body(passed)["analysis"]["expiresAt"].is_null());
  CHECK(Header(AskWith(bench, ""), "X-Cache") == "MISS");
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("max-age: an older verdict is replaced") {
  ApiFixture bench(WithKey());
  REQUIRE(AskWith(bench, "").status == 200);
  bench.clock.Advance(std::chrono::seconds(60));
  CHECK(Header(AskWith(bench, "max-age=60"), "X-Cache") == "HIT");
  bench.clock.Advance(std::chrono::seconds(1));
  CHECK(Header(AskWith(bench, "max-age=60"), "X-Cache") == "MISS");
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("no-cache, no-store, max-age: who is not known cannot spend with them") {
  ApiFixture bench;
  REQUIRE(AskWith(bench, "", false).status == 200);
  bench.clock.Advance(std::chrono::seconds(60));
  for (const char* control : {"no-cache", "no-store", "max-age=0", "max-age=1"}) {
    CAPTURE(control);
    CHECK(Header(AskWith(bench, control, false), "X-Cache") == "HIT");
  }
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("only-if-cached: it never pays, whoever asks and whatever else is asked") {
  ApiFixture bench(WithKey());
  for (const char* control : {"only-if-cached", "no-cache, only-if-cached"}) {
    const auto unknown = AskWith(bench, control);
    CHECK(unknown.status == 504);
    CHECK(Body(unknown)["code"] == "only_if_cached");
    CHECK(Header(unknown, "X-Cache") == "MISS");
  }
  CHECK(bench.vendor->calls == 0);
  REQUIRE(AskWith(bench, "").status == 200);
  CHECK(Header(AskWith(bench, "only-if-cached, no-store"), "X-Cache") == "HIT");
  bench.clock.Advance(std::chrono::seconds(60));
  CHECK(AskWith(bench, "only-if-cached, max-age=60").status == 200);
  CHECK(AskWith(bench, "only-if-cached, max-age=59").status == 504);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("only-if-cached: while the store cannot be asked nobody says that it is unknown") {
  ApiFixture bench(WithKey());
  bench.faulty.unavailable = true;
  const auto answer = AskWith(bench, "only-if-cached");
  CHECK(answer.status == 503);
  CHECK(Body(answer)["code"] == "store_unavailable");
}
