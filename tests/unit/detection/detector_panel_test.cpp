#include "vcache/detection/detector_panel.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

#include "json/json.h"
#include "support/fake_clock.h"
#include "support/gate.h"
#include "support/gated_detector.h"

using namespace vcache;
using detection::Detection;
using detection::DetectionTask;
using detection::DetectorPanel;
using detection::MediaKind;
using test::GatedDetector;

namespace {

constexpr Usd kPrice = Usd::FromMicros(10'000);

struct Panel {
  explicit Panel(std::vector<std::string> names) {
    for (auto& name : names) members.push_back(std::make_shared<GatedDetector>(name));
  }
  void Says(std::size_t member, double score) {
    members.at(member)->answer = [vendor = members.at(member).get(),
                                  score](const DetectionTask&) -> Result<Detection> {
      return vendor->Verdict(score);
    };
  }
  void Fails(std::size_t member, ErrorCode code, Charge charge) {
    members.at(member)->answer = [code, charge](const DetectionTask&) -> Result<Detection> {
      return Error{code, "vendor: It failed.", charge, std::chrono::seconds(7)};
    };
  }
  detection::PanelOutcome Judge() {
    return DetectorPanel({members.begin(), members.end()}, {}, {}, clock)
        .Judge(DetectionTask{}, {}, Deadline::Never());
  }

  test::FakeClock clock;
  std::vector<std::shared_ptr<GatedDetector>> members;
};

}  // namespace

TEST_CASE("DetectorPanel: a vendor that cannot judge a content is not asked, paid or missed") {
  Panel panel({"a", "b"});
  panel.members[0]->refusal = "Texts of 250 characters and more are judged.";
  const DetectorPanel both({panel.members.begin(), panel.members.end()}, {}, {}, panel.clock);
  CHECK(both.Price(DetectionTask{}).micros() == 10'000);
  const auto outcome = both.Judge(DetectionTask{}, {}, Deadline::Never());
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->provider == "b");
  CHECK(outcome.verdict->sources.size() == 1);
  CHECK_FALSE(outcome.verdict->partial);
  CHECK(outcome.paid_calls == 1);
  CHECK(panel.members[0]->calls == 0);
}

TEST_CASE(
    "DetectorPanel: the usual price is that of all in a consensus, of the first in a fallback") {
  Panel panel({"a", "b", "c"});
  panel.members[0]->refusal = "Too short.";
  const std::vector<std::shared_ptr<detection::Detector>> members(panel.members.begin(),
                                                                  panel.members.end());
  CHECK(DetectorPanel(members, {}, {}, panel.clock).UsualPrice(DetectionTask{}).micros() == 20'000);
  const DetectorPanel fallback(members, {}, {}, panel.clock, {.mode = DetectionMode::kFallback});
  CHECK(fallback.UsualPrice(DetectionTask{}).micros() == 10'000);
  CHECK(DetectorPanel({}, {}, {}, panel.clock).UsualPrice(DetectionTask{}).micros() == 0);
}

TEST_CASE(
    "DetectorPanel: when nobody can judge a content, the first says why and nothing is paid") {
  Panel panel({"a", "b"});
  for (auto& member : panel.members) member->refusal = "Too short.";
  const auto outcome = panel.Judge();
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().code == ErrorCode::kVendorRefused);
  CHECK(outcome.verdict.error().charge == Charge::kNone);
  CHECK(outcome.verdict.error().message == "a: Too short.");
  CHECK(outcome.paid_calls == 0);
  CHECK(panel.members[0]->calls + panel.members[1]->calls == 0);
}

TEST_CASE("DetectorPanel: one vendor's answer is the verdict") {
  Panel panel({"a"});
  panel.members[0]->answer = [&](const DetectionTask&) -> Result<Detection> {
    Detection detection = panel.members[0]->Verdict(87.5);
    detection.frames_analyzed = 24;
    detection.generators = {{"flux", 91}};
    detection.indicators = {"smooth skin"};
    detection.details = R"({"requestId":"r"})";
    return detection;
  };
  const auto outcome = panel.Judge();
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->ai_score == 87.5);
  CHECK(outcome.verdict->provider == "a");
  CHECK(outcome.verdict->consensus == "1/1");
  CHECK_FALSE(outcome.verdict->confidence);
  CHECK_FALSE(outcome.verdict->partial);
  CHECK(outcome.verdict->frames_analyzed == 24);
  CHECK(outcome.verdict->generators.at(0).first == "flux");
  CHECK(outcome.verdict->indicators.at(0) == "smooth skin");
  CHECK(outcome.verdict->details == R"({"a":{"requestId":"r"}})");
  CHECK(outcome.verdict->analyzed_at == panel.clock.WallNow());
  CHECK(outcome.cost.micros() == 10'000);
  CHECK(outcome.paid_calls == 1);
  CHECK(outcome.unknown_charges == 0);
}

TEST_CASE("DetectorPanel: consensus is the mean score and the majority's share") {
  Panel panel({"a", "b", "c"});
  panel.Says(0, 90);
  panel.Says(1, 60);
  panel.Says(2, 30);
  const auto outcome = panel.Judge();
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->ai_score == 60);
  CHECK(outcome.verdict->consensus == "2/3");
  CHECK(outcome.verdict->provider == "a,b,c");
  CHECK(outcome.verdict->sources.at(2).provider == "c");
  CHECK(outcome.cost.micros() == 30'000);
  CHECK(outcome.paid_calls == 3);
}

TEST_CASE("DetectorPanel: all vendors are asked at the same time") {
  Panel panel({"a", "b", "c"});
  test::Gate gate;
  for (const auto& member : panel.members) {
    member->answer = [&gate, vendor = member.get()](const DetectionTask&) -> Result<Detection> {
      gate.Pass();
      return vendor->Verdict(80);
    };
  }
  std::thread judge([&] { CHECK(panel.Judge().verdict); });
  gate.AwaitArrivals(3);  // would never come if one waited for the other
  gate.Open();
  judge.join();
}

TEST_CASE("DetectorPanel: confidence is the mean of those that give one") {
  Panel panel({"a", "b", "c"});
  for (std::size_t at = 0; at < 2; ++at) {
    panel.members[at]->answer = [&panel, at](const DetectionTask&) -> Result<Detection> {
      Detection detection = panel.members[at]->Verdict(80);
      detection.source.confidence = at == 0 ? 90 : 70;
      return detection;
    };
  }
  CHECK(panel.Judge().verdict->confidence == 80.0);
}

TEST_CASE("DetectorPanel: a vendor missing makes the verdict partial, and is named") {
  Panel panel({"a", "b"});
  panel.Says(0, 40);
  panel.Fails(1, ErrorCode::kVendorTimeout, Charge::kUnknown);
  const auto outcome = panel.Judge();
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->ai_score == 40);
  CHECK(outcome.verdict->partial);
  CHECK(outcome.verdict->consensus == "1/1");
  CHECK(outcome.verdict->provider == "a");
  CHECK(outcome.verdict->sources.at(1).error == "vendor_timeout");
  CHECK_FALSE(outcome.verdict->sources.at(1).score);
  CHECK(outcome.cost.micros() == 10'000);
  CHECK(outcome.paid_calls == 2);
  CHECK(outcome.unknown_charges == 1);
}

TEST_CASE("DetectorPanel: when all fail, the first error stands with the worst charge") {
  Panel panel({"a", "b", "c"});
  panel.Fails(0, ErrorCode::kVendorRefused, Charge::kNone);
  panel.Fails(1, ErrorCode::kVendorTimeout, Charge::kUnknown);
  panel.Fails(2, ErrorCode::kVendorInvalidAnswer, Charge::kCharged);
  const auto outcome = panel.Judge();
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().code == ErrorCode::kVendorRefused);
  CHECK(outcome.verdict.error().charge == Charge::kUnknown);
  CHECK(outcome.verdict.error().retry_after == std::chrono::seconds(7));
  CHECK(outcome.paid_calls == 2);
  CHECK(outcome.unknown_charges == 1);
  CHECK(outcome.cost.micros() == 10'000);
}

TEST_CASE("DetectorPanel: charges name each vendor, with its price where nobody knows") {
  Panel panel({"a", "b", "c", "d"});
  panel.Says(0, 40);
  panel.Fails(1, ErrorCode::kVendorTimeout, Charge::kUnknown);
  panel.Fails(2, ErrorCode::kVendorUnavailable, Charge::kNone);
  panel.Fails(3, ErrorCode::kVendorInvalidAnswer, Charge::kCharged);
  const std::vector<detection::VendorPrice> expected = {
      {"a", kPrice}, {"b", kPrice}, {"c", Usd()}, {"d", kPrice}};
  const auto outcome = panel.Judge();
  CHECK(outcome.charges == expected);
  std::string calls;
  Usd spent;
  for (const detection::VendorCall& call : outcome.calls) {
    calls += call.vendor + (call.failed ? " failed " : " answered ") +
             std::to_string(call.cost.micros()) + "; ";
    spent += call.cost;
  }
  CHECK(calls == "a answered 10000; b failed 0; c failed 0; d failed 10000; ");
  CHECK(spent == outcome.cost);

  const DetectorPanel images({panel.members.begin(), panel.members.end()}, {}, {}, panel.clock);
  const auto prices = images.Prices(DetectionTask{});
  REQUIRE(prices.size() == 4);
  CHECK(prices.at(2) == detection::VendorPrice{"c", kPrice});
  DetectionTask text;
  text.kind = MediaKind::kText;
  CHECK(images.Prices(text).empty());
}

TEST_CASE("DetectorPanel: an adapter that throws, on any thread, is an error of unknown charge") {
  Panel panel({"a", "b"});
  for (const auto& member : panel.members) {
    member->answer = [](const DetectionTask&) -> Result<Detection> {
      throw std::runtime_error("secret text");
    };
  }
  const auto outcome = panel.Judge();
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().charge == Charge::kUnknown);
  CHECK(outcome.verdict.error().message.find("secret text") == std::string::npos);
  CHECK(outcome.unknown_charges == 2);
}

TEST_CASE("DetectorPanel: an answer without a score of 0 to 100 is an error") {
  for (const std::optional<double> score :
       {std::optional<double>{}, std::optional<double>{-1}, std::optional<double>{101}}) {
    Panel panel({"a"});
    panel.members[0]->answer = [&](const DetectionTask&) -> Result<Detection> {
      Detection detection = panel.members[0]->Verdict(0);
      detection.source.score = score;
      return detection;
    };
    const auto outcome = panel.Judge();
    REQUIRE_FALSE(outcome.verdict);
    CHECK(outcome.verdict.error().code == ErrorCode::kVendorInvalidAnswer);
  }
}

TEST_CASE("DetectorPanel: one stand-in among the vendors marks the whole verdict") {
  Panel panel({"a", "b"});
  panel.members[1]->answer = [&](const DetectionTask&) -> Result<Detection> {
    Detection detection = panel.members[1]->Verdict(80);
    detection.demo = true;
    return detection;
  };
  CHECK(panel.Judge().verdict->demo);
}

TEST_CASE("DetectorPanel: without a vendor it says which variables to set, and asks nobody") {
  Panel panel({"a"});
  const DetectorPanel images({panel.members[0]}, {}, {}, panel.clock);
  CHECK(images.Serves(MediaKind::kImage));
  CHECK_FALSE(images.Serves(MediaKind::kText));
  DetectionTask task;
  task.kind = MediaKind::kText;
  const auto outcome = images.Judge(task, images.LookInto(task), Deadline::Never());
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().code == ErrorCode::kVendorNotConfigured);
  CHECK(outcome.verdict.error().charge == Charge::kNone);
  CHECK(outcome.verdict.error().message.find("SAPLING_API_KEY") != std::string::npos);
  CHECK(outcome.paid_calls == 0);
  CHECK(panel.members[0]->calls == 0);
}

TEST_CASE("DetectorPanel: names, fingerprint and price are those of its members") {
  Panel panel({"a", "b"});
  const DetectorPanel both({panel.members[0], panel.members[1]}, {}, {}, panel.clock);
  CHECK(both.Providers(MediaKind::kImage) == std::vector<std::string>{"a", "b"});
  CHECK(both.Fingerprint(MediaKind::kImage) == "a/1+b/1");
  CHECK(both.Price(DetectionTask{}).micros() == 20'000);
}
