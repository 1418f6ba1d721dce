#include <doctest/doctest.h>

#include "support/api_fixture.h"

using namespace vcache;  // NOLINT: a test
using detection::BreakerState;
using test::ApiFixture;
using test::Body;

namespace {

http::Response AskReady(ApiFixture& bench) {
  return bench.Send({"GET", "/api/health/ready"});
}

}  // namespace

TEST_CASE("ready: names the vendors of each kind, and that calls go through to them") {
  ApiFixture bench;
  const auto ready = AskReady(bench);
  CHECK(ready.status == 200);
  const Json body = Body(ready);
  CHECK(body["status"] == "ready");
  CHECK(body["vendors"] ==
        Json{{"image", {"fake"}}, {"video", {"fake"}}, {"text", Json::array({"fake"})}});
  CHECK(body["vendorStates"] == Json{{"fake", {{"state", "closed"}}}});
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("ready: a vendor that is left alone is told with its time, and degrades, at 200") {
  ApiFixture bench;
  bench.SendText(ApiFixture::Text());
  bench.vendor->condition = {BreakerState::kOpen, std::chrono::seconds(7)};
  const auto open = AskReady(bench);
  CHECK(open.status == 200);
  CHECK(Body(open)["status"] == "degraded");
  CHECK(Body(open)["vendors"]["image"] == Json::array({"fake"}));
  CHECK(Body(open)["vendorStates"]["fake"] == Json{{"state", "open"}, {"retryAfterSeconds", 7}});
  CHECK(bench.SendText(ApiFixture::Text()).status == 200);  // what is known is answered

  bench.vendor->condition = {BreakerState::kHalfOpen};
  CHECK(Body(AskReady(bench))["status"] == "degraded");  // nobody knows yet
  CHECK(Body(AskReady(bench))["vendorStates"]["fake"] == Json{{"state", "probing"}});
  bench.vendor->condition = {};
  CHECK(Body(AskReady(bench))["status"] == "ready");
}

TEST_CASE("ready: without a vendor there is no state, and without a store either no service") {
  ApiFixture bench({}, /*with_vendor=*/false);
  CHECK(Body(AskReady(bench))["status"] == "degraded");
  CHECK(Body(AskReady(bench))["vendorStates"] == Json::object());
  bench.faulty.unavailable = true;
  const auto nothing = AskReady(bench);
  CHECK(nothing.status == 503);
  CHECK(Body(nothing)["status"] == "not ready");
}

TEST_CASE("ready: before a stop it is not, although all is well") {
  bool stops = false;
  api::ApiOptions options;
  options.is_stopping = [&stops] { return stops; };
  ApiFixture bench(options);
  CHECK(AskReady(bench).status == 200);
  stops = true;
  const auto ready = AskReady(bench);
  CHECK(ready.status == 503);
  CHECK(Body(ready)["status"] == "stopping");
  CHECK(bench.Send({"GET", "/api/health"}).status == 200);
  CHECK(bench.SendText(ApiFixture::Text()).status == 200);
}

TEST_CASE("ready: a vendor out of order and no store is degraded still: memory knows some") {
  ApiFixture bench;
  bench.vendor->condition = {BreakerState::kOpen, std::chrono::seconds(7)};
  bench.faulty.unavailable = true;
  const auto ready = AskReady(bench);
  CHECK(ready.status == 200);
  CHECK(Body(ready)["status"] == "degraded");
}
