#include "vcache/detection/retrying_detector.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "support/fake_clock.h"
#include "support/gated_detector.h"
#include "support/jumping_clock.h"
#include "vcache/detection/detector_panel.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::Detection;
using detection::DetectionTask;
using detection::RetryingDetector;
using test::GatedDetector;

namespace {

using Waits = std::vector<std::chrono::milliseconds>;

Error Unavailable(std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return Error{ErrorCode::kVendorUnavailable, "fake: Down.", Charge::kNone, retry_after};
}

/// A vendor that is asked through the decorator, on a clock that never really waits.
struct RetryFixture {
  explicit RetryFixture(int retries = 2, double random = 0.5)
      : retrying(std::make_shared<RetryingDetector>(
            vendor,
            detection::RetryOptions{.retries = retries, .random = [random] { return random; }},
            clock)) {}

  /// The vendor fails that often before it answers.
  void Fails(int failures, const Error& error) {
    vendor->answer = [this, failures, error](const DetectionTask&) -> Result<Detection> {
      if (vendor->calls <= failures) return error;
      return vendor->Verdict(70);
    };
  }
  Result<Detection> Ask(Deadline deadline = Deadline::Never()) {
    return retrying->Detect(DetectionTask{}, deadline);
  }

  test::JumpingClock clock;
  std::shared_ptr<GatedDetector> vendor = std::make_shared<GatedDetector>();
  std::shared_ptr<RetryingDetector> retrying;
};

}  // namespace

TEST_CASE("RetryingDetector: what cost nothing is tried again, and one call is paid") {
  for (const ErrorCode code : {ErrorCode::kVendorUnavailable, ErrorCode::kVendorTimeout}) {
    RetryFixture bench;
    bench.Fails(2, Error{code, "fake: Down.", Charge::kNone});
    const detection::DetectorPanel panel({bench.retrying}, {}, {}, bench.clock);
    const auto outcome = panel.Judge(DetectionTask{}, {}, Deadline::Never());
    REQUIRE(outcome.verdict);
    CHECK(outcome.verdict->ai_score == 70);
    CHECK(outcome.paid_calls == 1);
    CHECK(outcome.cost.micros() == 10'000);
    CHECK(bench.vendor->calls == 3);
  }
}

TEST_CASE("RetryingDetector: what may have been charged is never tried again") {
  for (const Charge charge : {Charge::kUnknown, Charge::kCharged}) {
    for (const ErrorCode code : {ErrorCode::kVendorUnavailable, ErrorCode::kVendorTimeout}) {
      RetryFixture bench(5);
      bench.Fails(1, Error{code, "fake: Down.", charge, 1s});
      const auto answer = bench.Ask();
      REQUIRE_FALSE(answer);
      CHECK(answer.error().charge == charge);
      CHECK(bench.vendor->calls == 1);
      CHECK(bench.clock.waits.empty());
    }
  }
}

TEST_CASE("RetryingDetector: what a later call would not mend is passed on at once") {
  for (const ErrorCode code :
       {ErrorCode::kVendorRefused, ErrorCode::kVendorInvalidAnswer, ErrorCode::kOverloaded,
        ErrorCode::kDeadlineExceeded, ErrorCode::kShuttingDown, ErrorCode::kIo,
        ErrorCode::kInternal, ErrorCode::kVendorNotConfigured}) {
    RetryFixture bench;
    bench.Fails(1, Error{code, "fake: No.", Charge::kNone});
    const auto answer = bench.Ask();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == code);
    CHECK(bench.vendor->calls == 1);
  }
}

TEST_CASE("RetryingDetector: after the last try the error is the vendor's own") {
  for (const int retries : {0, 1, 2, 5}) {
    RetryFixture bench(retries);
    bench.Fails(100, Unavailable(1s));
    const auto answer = bench.Ask();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "fake: Down.");
    CHECK(answer.error().retry_after == 1s);
    CHECK(bench.vendor->calls == retries + 1);
  }
}

TEST_CASE("RetryingDetector: an error that may have been charged ends the tries") {
  RetryFixture bench(5);
  bench.vendor->answer = [&](const DetectionTask&) -> Result<Detection> {
    if (bench.vendor->calls == 1) return Unavailable();
    return Error{ErrorCode::kVendorUnavailable, "fake: Broken off.", Charge::kUnknown};
  };
  const auto answer = bench.Ask();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().charge == Charge::kUnknown);
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("RetryingDetector: pauses double up to a bound, each random from nothing on") {
  RetryFixture half(5, 0.5);
  half.Fails(100, Unavailable());
  CHECK_FALSE(half.Ask());
  CHECK(half.clock.waits == Waits{125ms, 250ms, 500ms, 1000ms, 2000ms});
  RetryFixture none(2, 0.0);
  none.Fails(100, Unavailable());
  CHECK_FALSE(none.Ask());
  CHECK(none.vendor->calls == 3);
  for (int i = 0; i < 1000; ++i) {
    const double random = detection::RetryOptions::RandomFraction();
    REQUIRE(random >= 0);
    REQUIRE(random < 1);
  }
}

TEST_CASE("RetryingDetector: a short Retry-After is waited out, a random moment behind it") {
  RetryFixture bench(1, 0.5);
  bench.Fails(1, Unavailable(3s));
  CHECK(bench.Ask());
  CHECK(bench.clock.waits == Waits{3125ms});
}

TEST_CASE("RetryingDetector: a long Retry-After, as of a used-up quota, is passed on") {
  for (const std::chrono::seconds asked : {6s, 3600s, 86'400s, std::chrono::seconds::max()}) {
    RetryFixture bench;
    bench.Fails(1, Unavailable(asked));
    const auto answer = bench.Ask();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().retry_after == asked);
    CHECK(bench.vendor->calls == 1);
    CHECK(bench.clock.waits.empty());
  }
}

TEST_CASE("RetryingDetector: no pause begins that the deadline would end") {
  RetryFixture bench(5, 0.5);
  bench.Fails(100, Unavailable(2s));
  const auto answer = bench.Ask(Deadline::After(bench.clock, 5s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().retry_after == 2s);
  CHECK(bench.clock.waits == Waits{2125ms, 2250ms});
  CHECK(bench.vendor->calls == 3);
  RetryFixture late;
  late.Fails(1, Unavailable());
  CHECK_FALSE(late.Ask(Deadline::At(late.clock.Now())));
  CHECK(late.vendor->calls == 1);
}

TEST_CASE("RetryingDetector: a pause ends with its time and not before") {
  test::FakeClock clock;
  auto vendor = std::make_shared<GatedDetector>();
  vendor->answer = [&](const DetectionTask&) -> Result<Detection> {
    if (vendor->calls == 1) return Unavailable(2s);
    return vendor->Verdict(70);
  };
  RetryingDetector retrying(vendor, {.retries = 1, .random = [] { return 0.0; }}, clock);
  std::thread asking([&] { CHECK(retrying.Detect(DetectionTask{}, Deadline::Never())); });
  clock.AwaitWaiters(1);
  clock.Advance(1999ms);
  CHECK(vendor->calls == 1);
  clock.Advance(1ms);
  asking.join();
  CHECK(vendor->calls == 2);
}

TEST_CASE("RetryingDetector: is known by the vendor's name, price and fingerprint") {
  RetryFixture bench;
  CHECK(bench.retrying->provider() == "fake");
  CHECK(bench.retrying->Accepts(detection::MediaKind::kText));
  CHECK(bench.retrying->Fingerprint(detection::MediaKind::kText) == "fake/1");
  CHECK(bench.retrying->Price(DetectionTask{}).micros() == 10'000);
}
