#include "detection/wire/polling.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "detection/wire/vendor_answer.h"
#include "support/fake_clock.h"
#include "support/jumping_clock.h"
#include "unit/detection/vendors/vendor_checks.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::PollPlan;
using test::CheckFailure;
using Waits = std::vector<std::chrono::milliseconds>;

namespace {

std::optional<Result<detection::Detection>> ReadLook(const net::HttpResponse& response) {
  if (response.body == "wait") return std::nullopt;
  if (response.body == "refused") {
    return detection::VendorError("v", ErrorCode::kVendorRefused, "No.", Charge::kNone);
  }
  detection::Detection detection;
  detection.source.score = 50;
  return detection;
}

struct Bench {
  Result<detection::Detection> Await(Deadline deadline = Deadline::Never()) {
    net::HttpRequest request;
    request.method = "GET";
    return AwaitResult({"v", request, ReadLook, plan}, http, pauses, deadline);
  }
  Deadline In(std::chrono::milliseconds time) const { return Deadline::After(clock, time); }

  test::FakeHttpClient http;
  test::JumpingClock clock;
  detection::InterruptibleTimer pauses{clock};
  PollPlan plan{1s, 2s, 20, 3};
};

}  // namespace

TEST_CASE("AwaitResult: looks at intervals until the result is there") {
  Bench bench;
  bench.http.Reply(200, "wait");
  bench.http.Reply(200, "wait");
  bench.http.Reply(200, "done");
  REQUIRE(bench.Await());
  CHECK(bench.clock.waits == Waits{1s, 2s, 2s});
  CHECK(bench.http.sent().size() == 3);
}

TEST_CASE("AwaitResult: Retry-After lengthens a pause and never shortens it") {
  Bench bench;
  bench.http.Reply(200, "wait", {{"retry-after", "7"}});
  bench.http.Reply(429, "", {{"retry-after", "1"}});
  bench.http.Reply(200, "done");
  REQUIRE(bench.Await());
  CHECK(bench.clock.waits == Waits{1s, 7s, 2s});
}

TEST_CASE("AwaitResult: what fails on the way is asked again, a few times in a row") {
  Bench bench;
  bench.http.Reply(503, "");
  bench.http.Fail({ErrorCode::kVendorUnavailable, "Broken off.", Charge::kUnknown});
  bench.http.Reply(200, "wait");  // the count starts anew
  bench.http.Fail({ErrorCode::kVendorTimeout, "Slow.", Charge::kNone});
  bench.http.Reply(500, "");
  bench.http.Reply(200, "done");
  CHECK(bench.Await());

  for (int i = 0; i < 3; ++i) bench.http.Reply(429, "");
  CheckFailure(bench.Await(), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  for (int i = 0; i < 3; ++i) bench.http.Fail({ErrorCode::kVendorUnavailable, "x", Charge::kNone});
  CheckFailure(bench.Await(), ErrorCode::kVendorUnavailable, Charge::kUnknown);
}

TEST_CASE("AwaitResult: what this machine lacks for a while costs no result that is paid for") {
  const auto shortage = [] {
    Error error{ErrorCode::kIo, "No descriptor.", Charge::kNone};
    error.asked_nobody = true;
    return error;
  };
  Bench bench;
  for (int i = 0; i < 9; ++i) bench.http.Fail(shortage());
  bench.http.Reply(200, "done");
  CHECK(bench.Await());

  // To the end: the vendor was late for nobody.
  for (int i = 0; i < 9; ++i) bench.http.Fail(shortage());
  const auto failed = bench.Await(bench.In(10s));
  CheckFailure(failed, ErrorCode::kIo, Charge::kUnknown);
  CHECK_FALSE(failed.error().asked_nobody);
}

TEST_CASE("AwaitResult: an error after the job was accepted is never free") {
  Bench bench;
  bench.http.Reply(200, "refused");
  CheckFailure(bench.Await(), ErrorCode::kVendorRefused, Charge::kUnknown);
  bench.http.Fail({ErrorCode::kVendorInvalidAnswer, "Too large.", Charge::kUnknown});
  CheckFailure(bench.Await(), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
}

TEST_CASE("AwaitResult: one last look before the deadline, whatever was asked") {
  Bench bench;
  bench.http.Reply(200, "wait", {{"retry-after", "3600"}});
  bench.http.Reply(200, "done");
  REQUIRE(bench.Await(bench.In(10s)));
  CHECK(bench.clock.waits == Waits{1s, 7s});  // two seconds are left for the look

  bench.clock.waits.clear();
  for (int i = 0; i < 9; ++i) bench.http.Reply(200, "wait");
  CheckFailure(bench.Await(bench.In(10s)), ErrorCode::kVendorTimeout, Charge::kUnknown);
  CHECK(bench.clock.waits == Waits{1s, 2s, 2s, 2s, 1s});
}

TEST_CASE("AwaitResult: too short a time still gets its look, without a pause") {
  Bench bench;
  bench.http.Reply(200, "done");
  CHECK(bench.Await(bench.In(1s)));
  CHECK(bench.clock.waits.empty());
}

TEST_CASE("AwaitResult: the number of looks is bounded") {
  Bench bench;
  bench.plan.max_looks = 4;
  for (int i = 0; i < 9; ++i) bench.http.Reply(200, "wait");
  CheckFailure(bench.Await(), ErrorCode::kVendorTimeout, Charge::kUnknown);
  CHECK(bench.http.sent().size() == 4);
}

TEST_CASE("AwaitResult: a stop of the service ends the pauses after one last look") {
  Bench bench;
  bench.pauses.EndBy(bench.In(2'500ms));
  for (int i = 0; i < 9; ++i) bench.http.Reply(200, "wait");
  CheckFailure(bench.Await(), ErrorCode::kShuttingDown, Charge::kUnknown);
  CHECK(bench.clock.waits == Waits{1s, 1500ms});

  Bench lucky;
  lucky.pauses.EndBy(lucky.In(0ms));
  lucky.http.Reply(200, "done");
  CHECK(lucky.Await());
}

TEST_CASE("InterruptibleTimer: a stop wakes who is waiting already") {
  test::FakeClock clock;
  detection::InterruptibleTimer pauses(clock);
  bool whole = true;
  std::thread waiter([&] { whole = pauses.WaitUntil(clock.Now() + 1h); });
  clock.AwaitWaiters(1);
  CHECK_FALSE(pauses.ending());
  pauses.EndBy(Deadline::At(clock.Now()));
  CHECK(pauses.ending());
  waiter.join();
  CHECK_FALSE(whole);
  pauses.EndBy(Deadline::Never());  // a stop is not taken back
  CHECK_FALSE(pauses.WaitUntil(clock.Now() + 1h));
}
