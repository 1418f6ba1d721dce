#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <thread>

#include "support/fake_clock.h"
#include "support/gate.h"
#include "support/gated_detector.h"
#include "support/recording_logger.h"
#include "vcache/detection/breaker_detector.h"
#include "vcache/detection/detector_panel.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::Detection;
using detection::DetectionTask;
using detection::DetectorPanel;
using detection::MediaKind;
using detection::PanelOutcome;
using detection::VendorPrice;
using test::GatedDetector;

namespace {

constexpr Usd kEachPrice = Usd::FromMicros(10'000);

/// Vendors `a`, `b`, ... that are asked in this order.
struct Chain {
  explicit Chain(const std::vector<std::string>& names) {
    for (const auto& name : names) members.push_back(std::make_shared<GatedDetector>(name));
  }
  void Says(std::size_t member, double score) {
    members.at(member)->answer = [vendor = members.at(member).get(),
                                  score](const DetectionTask&) -> Result<Detection> {
      return vendor->Verdict(score);
    };
  }
  void Fails(std::size_t member, ErrorCode code, Charge charge,
             std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    members.at(member)->answer = [=](const DetectionTask&) -> Result<Detection> {
      return Error{code, "vendor: It failed.", charge, retry_after};
    };
  }
  DetectorPanel Panel(DetectionMode mode = DetectionMode::kFallback) {
    return {{members.begin(), members.end()}, {}, {}, clock, {.mode = mode, .pauses = &pauses}};
  }
  PanelOutcome Judge(Deadline deadline = Deadline::Never()) {
    return Panel().Judge(DetectionTask{}, {}, deadline);
  }
  /// How often each was called.
  std::vector<int> Calls() const {
    std::vector<int> calls;
    for (const auto& member : members) calls.push_back(member->calls);
    return calls;
  }

  test::FakeClock clock;
  detection::InterruptibleTimer pauses{clock};
  std::vector<std::shared_ptr<GatedDetector>> members;
};

using Calls = std::vector<int>;
using Charges = std::vector<VendorPrice>;

}  // namespace

TEST_CASE("Fallback: the first verdict ends it, and nobody else is asked or paid") {
  Chain chain({"a", "b", "c"});
  chain.Says(0, 87);
  const auto outcome = chain.Judge();
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->ai_score == 87);
  CHECK(outcome.verdict->provider == "a");
  CHECK(outcome.verdict->consensus == "1/1");
  CHECK(outcome.verdict->sources.size() == 1);
  CHECK_FALSE(outcome.verdict->partial);
  CHECK(chain.Calls() == Calls{1, 0, 0});
  CHECK(outcome.paid_calls == 1);
  CHECK(outcome.cost.micros() == 10'000);
  CHECK(outcome.charges == Charges{{"a", kEachPrice}, {"b", Usd()}, {"c", Usd()}});
}

TEST_CASE("Fallback: the next one is asked after the failure, never beside it") {
  Chain chain({"a", "b"});
  test::Gate gate;
  chain.members[0]->answer = [&gate](const DetectionTask&) -> Result<Detection> {
    gate.Pass();
    return Error{ErrorCode::kVendorUnavailable, "a: Away.", Charge::kNone};
  };
  std::thread judge([&] { CHECK(chain.Judge().verdict); });
  gate.AwaitArrivals(1);
  CHECK(chain.Calls() == Calls{1, 0});
  gate.Open();
  judge.join();
  CHECK(chain.Calls() == Calls{1, 1});
}

TEST_CASE("Fallback: whatever the failure cost, the next vendor is asked, and it is counted") {
  struct Case {
    Charge charge;
    std::int64_t cost;
    std::uint32_t paid_calls;
    std::uint32_t unknown;
    std::int64_t first;
  };
  for (const auto& [charge, cost, paid_calls, unknown, first] :
       {Case{Charge::kNone, 10'000, 1, 0, 0}, Case{Charge::kCharged, 20'000, 2, 0, 10'000},
        Case{Charge::kUnknown, 10'000, 2, 1, 10'000}}) {
    CAPTURE(ChargeName(charge));
    Chain chain({"a", "b", "c"});
    chain.Fails(0, ErrorCode::kVendorTimeout, charge);
    chain.Says(1, 40);
    const auto outcome = chain.Judge();
    REQUIRE(outcome.verdict);
    CHECK(outcome.verdict->ai_score == 40);
    CHECK(outcome.cost.micros() == cost);
    CHECK(outcome.paid_calls == paid_calls);
    CHECK(outcome.unknown_charges == unknown);
    CHECK(outcome.charges ==
          Charges{{"a", Usd::FromMicros(first)}, {"b", kEachPrice}, {"c", Usd()}});
    CHECK(chain.Calls() == Calls{1, 1, 0});  // no vendor twice
  }
}

TEST_CASE("Fallback: the verdict of a later vendor is whole, and names who failed before") {
  Chain chain({"a", "b"});
  chain.Fails(0, ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  chain.Says(1, 72);
  const auto outcome = chain.Judge();
  REQUIRE(outcome.verdict);
  CHECK_FALSE(outcome.verdict->partial);
  CHECK(outcome.verdict->provider == "b");
  CHECK(outcome.verdict->consensus == "1/1");
  REQUIRE(outcome.verdict->sources.size() == 2);
  CHECK(outcome.verdict->sources[0].provider == "a");
  CHECK(outcome.verdict->sources[0].error == "vendor_invalid_answer");
  CHECK_FALSE(outcome.verdict->sources[0].score);
  CHECK(outcome.verdict->sources[1].score == 72.0);
}

TEST_CASE("Fallback: an exception and an answer without a score are failures like others") {
  Chain chain({"a", "b", "c"});
  chain.members[0]->answer = [](const DetectionTask&) -> Result<Detection> {
    throw std::runtime_error("secret text");
  };
  chain.members[1]->answer = [&](const DetectionTask&) -> Result<Detection> {
    return chain.members[1]->Verdict(101);
  };
  const auto outcome = chain.Judge();
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->provider == "c");
  CHECK(outcome.unknown_charges == 2);
}

TEST_CASE("Fallback: a vendor that cannot judge a content is skipped, not listed, not priced") {
  Chain chain({"a", "b"});
  chain.members[0]->refusal = "Texts of 250 characters and more are judged.";
  CHECK(chain.Panel().Prices(DetectionTask{}) == Charges{{"b", kEachPrice}});
  CHECK(chain.Panel().Price(DetectionTask{}).micros() == 10'000);
  const auto outcome = chain.Judge();
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->sources.size() == 1);
  CHECK(chain.Calls() == Calls{0, 1});
  chain.members[1]->refusal = "Too short.";
  const auto refused = chain.Judge();
  REQUIRE_FALSE(refused.verdict);
  CHECK(refused.verdict.error().message == "a: Texts of 250 characters and more are judged.");
  CHECK(refused.verdict.error().charge == Charge::kNone);
}

TEST_CASE("Fallback: what is set aside covers the dearest path, and charges give the rest back") {
  Chain chain({"a", "b", "c"});
  chain.Fails(0, ErrorCode::kVendorTimeout, Charge::kUnknown);
  chain.Fails(1, ErrorCode::kVendorInvalidAnswer, Charge::kCharged);
  const auto prices = chain.Panel().Prices(DetectionTask{});
  CHECK(prices == Charges{{"a", kEachPrice}, {"b", kEachPrice}, {"c", kEachPrice}});
  CHECK(chain.Panel().Price(DetectionTask{}).micros() == 30'000);
  CHECK(chain.Judge().charges == prices);
  chain.Says(1, 60);
  CHECK(chain.Judge().charges == Charges{{"a", kEachPrice}, {"b", kEachPrice}, {"c", Usd()}});
}

TEST_CASE("Fallback: the deadline is shared, and nobody is begun with nothing left of it") {
  Chain chain({"a", "b", "c"});
  const auto slow = [&](const DetectionTask&) -> Result<Detection> {
    chain.clock.Advance(4s);
    return Error{ErrorCode::kVendorTimeout, "a: Too slow.", Charge::kUnknown};
  };
  chain.members[0]->answer = slow;
  chain.members[1]->answer = slow;
  const auto outcome = chain.Judge(Deadline::After(chain.clock, 8'999ms));
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().code == ErrorCode::kVendorTimeout);
  CHECK(chain.Calls() == Calls{1, 1, 0});
  CHECK(outcome.charges == Charges{{"a", kEachPrice}, {"b", kEachPrice}, {"c", Usd()}});
  REQUIRE(chain.Judge(Deadline::After(chain.clock, 9s)).verdict);  // a second is left: time enough
  CHECK(chain.Calls() == Calls{2, 2, 1});
}

TEST_CASE("Fallback: while the service stops nobody further is begun; the call under way ends") {
  Chain chain({"a", "b"});
  chain.members[0]->answer = [&](const DetectionTask&) -> Result<Detection> {
    chain.pauses.EndBy(Deadline::After(chain.clock, 10s));
    return Error{ErrorCode::kVendorUnavailable, "a: Away.", Charge::kNone};
  };
  const auto outcome = chain.Judge();
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().message == "a: Away.");
  CHECK(chain.Calls() == Calls{1, 0});
  chain.Says(0, 90);
  CHECK(chain.Judge().verdict);
}

TEST_CASE("Fallback: when all fail, the first error stands with the worst charge") {
  Chain chain({"a", "b", "c"});
  chain.Fails(0, ErrorCode::kVendorRefused, Charge::kNone);
  chain.Fails(1, ErrorCode::kVendorTimeout, Charge::kUnknown);
  chain.Fails(2, ErrorCode::kVendorInvalidAnswer, Charge::kCharged);
  const auto outcome = chain.Judge();
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().code == ErrorCode::kVendorRefused);
  CHECK(outcome.verdict.error().charge == Charge::kUnknown);
  CHECK(outcome.paid_calls == 2);
  CHECK(outcome.unknown_charges == 1);
  CHECK(outcome.cost.micros() == 10'000);
}

TEST_CASE("Fallback: when all fail, it is worth asking again as soon as any of them may answer") {
  using Seconds = std::optional<std::chrono::seconds>;
  const auto retry_after = [](Seconds a, ErrorCode code, Seconds b) {
    Chain chain({"a", "b"});
    chain.Fails(0, ErrorCode::kVendorUnavailable, Charge::kNone, a);
    chain.Fails(1, code, Charge::kNone, b);
    return chain.Judge().verdict.error().retry_after;
  };
  CHECK(retry_after(3600s, ErrorCode::kVendorUnavailable, 7s) == Seconds(7s));
  CHECK(retry_after(7s, ErrorCode::kOverloaded, 3600s) == Seconds(7s));
  CHECK(retry_after(3600s, ErrorCode::kVendorTimeout, std::nullopt) == Seconds());
  CHECK(retry_after(std::nullopt, ErrorCode::kVendorUnavailable, 3600s) == Seconds());
  CHECK(retry_after(3600s, ErrorCode::kVendorRefused, std::nullopt) == Seconds(3600s));
}

TEST_CASE("Fallback: a vendor whose breaker is open costs no time, and the next one answers") {
  Chain chain({"a", "b"});
  test::RecordingLogger logger;
  chain.Fails(0, ErrorCode::kVendorTimeout, Charge::kUnknown);
  const auto guarded = std::make_shared<detection::BreakerDetector>(
      chain.members[0], detection::BreakerOptions{.faults = 2}, chain.clock, logger);
  const DetectorPanel panel({guarded, chain.members[1]}, {}, {}, chain.clock,
                            {.mode = DetectionMode::kFallback});
  for (int i = 0; i < 5; ++i) {
    const auto outcome = panel.Judge(DetectionTask{}, {}, Deadline::Never());
    REQUIRE(outcome.verdict);
    CHECK(outcome.verdict->sources.size() == 2);
    CHECK(outcome.unknown_charges == (i < 2 ? 1U : 0U));
  }
  CHECK(chain.Calls() == Calls{2, 5});
}

TEST_CASE("Fallback: the fingerprint tells the mode where there are several vendors") {
  Chain several({"a", "b"});
  const auto fingerprint = [](Chain& chain, DetectionMode mode) {
    return chain.Panel(mode).Fingerprint(MediaKind::kImage);
  };
  CHECK(fingerprint(several, DetectionMode::kFallback) == "a/1>b/1");
  CHECK(fingerprint(several, DetectionMode::kConsensus) == "a/1+b/1");
  Chain alone({"a"});  // no difference, so no verdict is paid for again
  CHECK(fingerprint(alone, DetectionMode::kFallback) ==
        fingerprint(alone, DetectionMode::kConsensus));
}
