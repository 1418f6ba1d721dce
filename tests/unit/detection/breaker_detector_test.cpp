#include "vcache/detection/breaker_detector.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "support/fake_clock.h"
#include "support/gate.h"
#include "support/gated_detector.h"
#include "support/recording_logger.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/detection/limited_detector.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::BreakerDetector;
using detection::BreakerState;
using detection::Detection;
using detection::DetectionTask;
using test::GatedDetector;

namespace {

struct BreakerFixture {
  void Says(const Error& error) {
    vendor->answer = [error](const DetectionTask&) -> Result<Detection> { return error; };
  }
  void Fails(ErrorCode code = ErrorCode::kVendorUnavailable, Charge charge = Charge::kNone) {
    Says(Error{code, "fake: It failed.", charge});
  }
  void Works() {
    vendor->answer = [this](const DetectionTask&) -> Result<Detection> {
      return vendor->Verdict(70);
    };
  }
  Result<Detection> Ask(int times = 1) {
    for (int i = 1; i < times; ++i) static_cast<void>(Ask());
    return breaker.Detect(DetectionTask{}, Deadline::Never());
  }
  /// Opens it by faults; the vendor has been called five times.
  void Break() {
    Fails();
    CHECK_FALSE(Ask(5));
    REQUIRE(breaker.health().state == BreakerState::kOpen);
  }
  void CheckRefused(std::chrono::seconds retry_after) {
    const int before = vendor->calls;
    const auto refused = Ask();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kVendorUnavailable);
    CHECK(refused.error().charge == Charge::kNone);
    CHECK(refused.error().retry_after == retry_after);
    CHECK(vendor->calls == before);
  }

  test::FakeClock clock;
  test::RecordingLogger log;
  std::shared_ptr<GatedDetector> vendor = std::make_shared<GatedDetector>();
  BreakerDetector breaker{vendor, {}, clock, log};
};

}  // namespace

TEST_CASE("BreakerDetector: opens after faults in a row, whatever they cost, and asks nobody") {
  for (const ErrorCode code : {ErrorCode::kVendorUnavailable, ErrorCode::kVendorTimeout}) {
    for (const Charge charge : {Charge::kNone, Charge::kUnknown}) {
      BreakerFixture bench;
      bench.Fails(code, charge);
      CHECK_FALSE(bench.Ask(4));
      CHECK(bench.breaker.health().state == BreakerState::kClosed);
      const auto fifth = bench.Ask();
      REQUIRE_FALSE(fifth);
      CHECK(fifth.error().code == code);
      CHECK(fifth.error().charge == charge);
      CHECK(bench.breaker.health().state == BreakerState::kOpen);
      bench.CheckRefused(10s);
      bench.clock.Advance(7500ms);
      bench.CheckRefused(3s);
      CHECK(bench.vendor->calls == 5);
    }
  }
}

TEST_CASE("BreakerDetector: a success in between begins the count anew") {
  BreakerFixture bench;
  for (int i = 0; i < 3; ++i) {
    bench.Fails();
    CHECK_FALSE(bench.Ask(4));
    bench.Works();
    CHECK(bench.Ask());
  }
  CHECK(bench.breaker.health().state == BreakerState::kClosed);
  CHECK(bench.log.lines().empty());
}

TEST_CASE("BreakerDetector: what a content or a bound of ours is to blame for never opens it") {
  for (const ErrorCode code :
       {ErrorCode::kVendorRefused, ErrorCode::kVendorInvalidAnswer, ErrorCode::kOverloaded,
        ErrorCode::kDeadlineExceeded, ErrorCode::kIo, ErrorCode::kInternal}) {
    BreakerFixture bench;
    bench.Fails(code);
    CHECK_FALSE(bench.Ask(50));
    CHECK(bench.breaker.health().state == BreakerState::kClosed);
    CHECK(bench.vendor->calls == 50);
  }
}

TEST_CASE("BreakerDetector: after the pause one call probes, and its success closes it") {
  BreakerFixture bench;
  bench.Break();
  bench.clock.Advance(10s);
  test::Gate gate;
  bench.vendor->answer = [&](const DetectionTask&) -> Result<Detection> {
    gate.Pass();
    return bench.vendor->Verdict(70);
  };
  std::thread probe([&] { CHECK(bench.Ask()); });
  gate.AwaitArrivals(1);
  CHECK(bench.breaker.health().state == BreakerState::kHalfOpen);
  bench.CheckRefused(1s);
  gate.Open();
  probe.join();
  CHECK(bench.breaker.health().state == BreakerState::kClosed);
  CHECK(bench.Ask());
  CHECK(bench.vendor->calls == 7);
}

TEST_CASE("BreakerDetector: a refused content proves that the vendor works; a fault does not") {
  BreakerFixture works;
  works.Break();
  works.clock.Advance(10s);
  works.Fails(ErrorCode::kVendorRefused);
  CHECK_FALSE(works.Ask());
  CHECK(works.breaker.health().state == BreakerState::kClosed);

  BreakerFixture faulty;
  faulty.Break();
  faulty.clock.Advance(10s);
  CHECK_FALSE(faulty.Ask());
  CHECK(faulty.vendor->calls == 6);
  faulty.CheckRefused(10s);
}

TEST_CASE("BreakerDetector: a probe that never reached the vendor leaves the next to probe") {
  for (const bool throws : {true, false}) {
    BreakerFixture bench;
    bench.Break();
    bench.clock.Advance(10s);
    bench.vendor->answer = [&](const DetectionTask&) -> Result<Detection> {
      if (throws) throw std::runtime_error("adapter bug");
      return Error{ErrorCode::kOverloaded, "fake: Busy."};
    };
    if (throws) {
      CHECK_THROWS(static_cast<void>(bench.Ask()));
    } else {
      CHECK_FALSE(bench.Ask());
    }
    CHECK(bench.breaker.health().state == BreakerState::kOpen);
    bench.Works();
    CHECK(bench.Ask());
    CHECK(bench.breaker.health().state == BreakerState::kClosed);
  }
}

TEST_CASE("BreakerDetector: a used-up quota opens it at once, a day at most") {
  for (const auto& [asked, pause] : {std::pair{3600s, 3600s}, {60s, 60s}, {86'401s, 86'400s}}) {
    BreakerFixture bench;
    bench.Says({ErrorCode::kVendorUnavailable, "fake: Quota.", Charge::kNone, asked});
    const auto first = bench.Ask();
    REQUIRE_FALSE(first);
    CHECK(first.error().retry_after == asked);
    bench.CheckRefused(pause);
    bench.clock.Advance(pause - 1s);
    bench.CheckRefused(1s);
    bench.clock.Advance(1s);
    bench.Works();
    CHECK(bench.Ask());
    CHECK(bench.vendor->calls == 2);
  }
}

TEST_CASE("BreakerDetector: a short Retry-After is a fault like any other") {
  BreakerFixture bench;
  bench.Says({ErrorCode::kVendorUnavailable, "fake: Rate limit.", Charge::kNone, 59s});
  CHECK_FALSE(bench.Ask(4));
  CHECK(bench.breaker.health().state == BreakerState::kClosed);
  CHECK_FALSE(bench.Ask());
  bench.CheckRefused(10s);
}

TEST_CASE("BreakerDetector: calls begun before a change of state say nothing about it") {
  BreakerFixture bench;
  test::Gate gate;
  bench.vendor->answer = [&](const DetectionTask& task) -> Result<Detection> {
    if (task.text == "early") {
      gate.Pass();
      return bench.vendor->Verdict(70);
    }
    return Error{ErrorCode::kVendorUnavailable, "fake: It failed."};
  };
  std::thread early([&] {
    DetectionTask task;
    task.text = "early";
    CHECK(bench.breaker.Detect(task, Deadline::Never()));
  });
  gate.AwaitArrivals(1);
  CHECK_FALSE(bench.Ask(5));
  CHECK(bench.breaker.health().state == BreakerState::kOpen);
  gate.Open();
  early.join();
  CHECK(bench.breaker.health().state == BreakerState::kOpen);
  bench.CheckRefused(10s);
}

TEST_CASE("BreakerDetector: a call begun before does not answer for the probe under way") {
  for (const bool early_works : {true, false}) {
    CAPTURE(early_works);
    BreakerFixture bench;
    test::Gate early_gate, probe_gate;
    bench.vendor->answer = [&](const DetectionTask& task) -> Result<Detection> {
      if (task.text == "early") early_gate.Pass();
      if (task.text == "probe") probe_gate.Pass();
      if (task.text == "probe" || (task.text == "early" && early_works)) {
        return bench.vendor->Verdict(70);
      }
      return Error{ErrorCode::kVendorUnavailable, "fake: It failed."};
    };
    const auto call = [&](std::string_view text) {
      return std::thread([&bench, text] {
        DetectionTask task;
        task.text = text;
        const auto answer = bench.breaker.Detect(task, Deadline::Never());
        (void)answer;
      });
    };
    std::thread early = call("early");
    early_gate.AwaitArrivals(1);
    CHECK_FALSE(bench.Ask(5));
    bench.clock.Advance(10s);
    std::thread probe = call("probe");
    probe_gate.AwaitArrivals(1);
    early_gate.Open();
    early.join();
    CHECK(bench.breaker.health().state == BreakerState::kHalfOpen);
    bench.CheckRefused(1s);  // the vendor is still asked by the probe alone
    probe_gate.Open();
    probe.join();
    CHECK(bench.breaker.health().state == BreakerState::kClosed);
  }
}

TEST_CASE(
    "BreakerDetector: of several quota errors at once the longest pause counts, in one line") {
  BreakerFixture bench;
  test::Gate gate;
  bench.vendor->answer = [&](const DetectionTask& task) -> Result<Detection> {
    gate.Pass();
    return Error{ErrorCode::kVendorUnavailable, "fake: Quota.", Charge::kNone,
                 task.text.empty() ? 7200s : 600s};
  };
  std::vector<std::thread> calls;
  for (const std::string_view text : {"", "short", "short"}) {
    calls.emplace_back([&bench, text] {
      DetectionTask task;
      task.text = text;
      CHECK_FALSE(bench.breaker.Detect(task, Deadline::Never()));
    });
  }
  gate.AwaitArrivals(3);
  gate.Open();
  for (std::thread& call : calls) call.join();
  bench.CheckRefused(7200s);
  CHECK(bench.log.lines().size() == 1);
}

TEST_CASE("BreakerDetector: each change of state is one line that names the vendor") {
  BreakerFixture bench;
  bench.Break();
  bench.CheckRefused(10s);
  bench.clock.Advance(10s);
  bench.Works();
  CHECK(bench.Ask(3));
  const auto lines = bench.log.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].level == LogLevel::kWarn);
  CHECK(lines[0].fields == " vendor=fake reason=it failed again and again seconds=10");
  CHECK(lines[1].message == "A vendor is tried again after a pause");
  CHECK(lines[2].message == "A vendor works again");
  CHECK(lines[2].fields == " vendor=fake");
}

TEST_CASE("BreakerDetector: tells its state, and when the vendor is tried again") {
  using detection::VendorHealth;
  BreakerFixture bench;
  CHECK(bench.breaker.health() == VendorHealth{BreakerState::kClosed, 0s});
  bench.Break();
  CHECK(bench.breaker.health() == VendorHealth{BreakerState::kOpen, 10s});
  bench.clock.Advance(9'500ms);
  CHECK(bench.breaker.health() == VendorHealth{BreakerState::kOpen, 1s});  // never too soon
  bench.clock.Advance(1h);
  CHECK(bench.breaker.health() == VendorHealth{BreakerState::kOpen, 0s});  // the next call tries
  test::Gate gate;
  bench.vendor->answer = [&](const DetectionTask&) -> Result<Detection> {
    gate.Pass();
    return bench.vendor->Verdict(70);
  };
  std::thread probe([&] { CHECK(bench.Ask()); });
  gate.AwaitArrivals(1);
  CHECK(bench.breaker.health() == VendorHealth{BreakerState::kHalfOpen, 0s});
  gate.Open();
  probe.join();
  CHECK(bench.breaker.health() == VendorHealth{BreakerState::kClosed, 0s});
}

TEST_CASE("BreakerDetector: its state is seen through whatever stands around it") {
  BreakerFixture bench;
  bench.Break();
  const auto shared = std::shared_ptr<detection::Detector>(&bench.breaker, [](auto*) {});
  const detection::LimitedDetector outer(shared, {}, bench.clock);
  const detection::DetectorPanel panel({std::make_shared<GatedDetector>("other"), shared}, {}, {},
                                       bench.clock);
  CHECK(outer.health().state == BreakerState::kOpen);
  const auto health = panel.Health(detection::MediaKind::kImage);
  REQUIRE(health.size() == 2);
  CHECK(health[0] == detection::NamedHealth{"other", {BreakerState::kClosed, 0s}});
  CHECK(health[1] == detection::NamedHealth{"fake", {BreakerState::kOpen, 10s}});
  CHECK(panel.Health(detection::MediaKind::kText).empty());
  CHECK(BreakerStateName(BreakerState::kOpen) == "open");
}
