#include "vcache/app/wiring/detectors.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"
#include "support/fake_http_client.h"
#include "support/recording_logger.h"

using namespace vcache;  // NOLINT: a test
using namespace std::chrono_literals;
using detection::MediaKind;

namespace {

/// The vendors that settings lead to, without a network.
struct Wiring {
  Wiring() {
    detection.vendors[VendorId::kSapling].key = Secret("sapling-key");
    detection.vendors[VendorId::kOpenAi].key = Secret("openai-key");
    detection.vendors[VendorId::kSapling].timeout = 200s;
    detection.vendors[VendorId::kOpenAi].timeout = 100s;
  }
  detection::DetectorPanel Panel() {
    return app::MakePanel(detection, http, pauses, clock, logger);
  }
  std::chrono::milliseconds Longest() { return app::LongestCall(detection, Panel()); }

  config::DetectionSettings detection;
  test::FakeHttpClient http;
  test::FakeClock clock;
  detection::InterruptibleTimer pauses{clock};
  test::RecordingLogger logger;
};

}  // namespace

TEST_CASE("LongestCall: a consensus lasts as long as its slowest vendor") {
  Wiring wiring;
  CHECK(wiring.Longest() == 200s);
  wiring.detection.text = {VendorId::kOpenAi};  // who is not asked takes no time
  CHECK(wiring.Longest() == 100s);
}

TEST_CASE("LongestCall: a fallback may come to its last vendor, of each kind") {
  Wiring wiring;
  wiring.detection.mode = DetectionMode::kFallback;
  CHECK(wiring.Longest() == 300s);
  wiring.detection.text = {VendorId::kOpenAi};
  CHECK(wiring.Longest() == 100s);
}

TEST_CASE("MakePanel: the mode reaches the panel, in the order that is configured") {
  Wiring wiring;
  wiring.detection.text = {VendorId::kOpenAi, VendorId::kSapling};
  const std::string together = wiring.Panel().Fingerprint(MediaKind::kText);
  wiring.detection.mode = DetectionMode::kFallback;
  const std::string in_order = wiring.Panel().Fingerprint(MediaKind::kText);
  CHECK(together.find('+') != std::string::npos);
  CHECK(in_order.find('>') != std::string::npos);
  CHECK(in_order.starts_with("openai"));
  CHECK(wiring.Panel().Providers(MediaKind::kText) ==
        std::vector<std::string>{"openai", "sapling"});
}
