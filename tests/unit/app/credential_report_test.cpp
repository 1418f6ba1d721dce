#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "app/credential_report.h"
#include "support/fake_clock.h"
#include "support/gate.h"
#include "support/recording_logger.h"
#include "vcache/app/credential_checks.h"
#include "vcache/detection/detector_panel.h"

using namespace vcache;
using app::CredentialReport;
using detection::CredentialState;

namespace {

/// A vendor that answers the question as it is told to, once its gate is open.
class AskedVendor : public detection::Detector {
 public:
  AskedVendor(std::string name, detection::CredentialCheck check, test::Gate* gate = nullptr)
      : name_(std::move(name)), check_(std::move(check)), gate_(gate) {}

  std::string_view provider() const noexcept override { return name_; }
  bool Accepts(detection::MediaKind) const noexcept override { return true; }
  std::string Fingerprint(detection::MediaKind) const override { return name_; }
  Usd Price(const detection::DetectionTask&) const noexcept override { return Usd::FromMicros(1); }
  Result<detection::Detection> Detect(const detection::DetectionTask&, Deadline) override {
    throw std::logic_error("a check never calls");
  }
  detection::CredentialCheck CheckCredentials(Deadline deadline) override {
    if (gate_ != nullptr) gate_->Pass();
    CHECK_FALSE(deadline.never());
    if (check_.reason == "throws") throw std::runtime_error("unexpected");
    return check_;
  }

 private:
  const std::string name_;
  const detection::CredentialCheck check_;
  test::Gate* const gate_;
};

using AskedVendors = std::vector<std::shared_ptr<detection::Detector>>;

std::shared_ptr<detection::Detector> Asked(std::string name, CredentialState state,
                                           std::string reason = {}, test::Gate* gate = nullptr) {
  return std::make_shared<AskedVendor>(std::move(name),
                                       detection::CredentialCheck{state, std::move(reason)}, gate);
}

}  // namespace

TEST_CASE("CredentialReport: one line for each vendor, at the level that its answer deserves") {
  test::FakeClock clock;
  test::RecordingLogger logger;
  {
    const CredentialReport report(
        AskedVendors{Asked("good", CredentialState::kAccepted),
                     Asked("unpaid", CredentialState::kAccepted, "unpaid: No billing."),
                     Asked("bad", CredentialState::kRefused, "bad: Check BAD_API_KEY."),
                     Asked("silent", CredentialState::kNotCheckable),
                     Asked("away", CredentialState::kUnknown, "away: Not reached."),
                     Asked("broken", CredentialState::kUnknown, "throws")},
        clock, logger);
  }
  const auto lines = logger.lines();
  REQUIRE(lines.size() == 6);
  const auto is = [&lines](std::size_t at, LogLevel level, const std::string& fields) {
    return lines[at].level == level && lines[at].fields == fields;
  };
  CHECK(is(0, LogLevel::kInfo, " vendor=good"));
  CHECK(is(1, LogLevel::kWarn, " vendor=unpaid reason=unpaid: No billing."));
  CHECK(is(2, LogLevel::kError, " vendor=bad reason=bad: Check BAD_API_KEY."));
  CHECK(is(3, LogLevel::kWarn, " vendor=silent"));
  CHECK(is(4, LogLevel::kWarn, " vendor=away reason=away: Not reached."));
  CHECK(is(5, LogLevel::kWarn, " vendor=broken reason=the check failed"));
}

TEST_CASE("CredentialReport: nobody waits for it but its end, and nobody to ask is no line") {
  test::FakeClock clock;
  test::RecordingLogger logger;
  test::Gate gate;
  {
    const CredentialReport report(
        AskedVendors{Asked("slow", CredentialState::kAccepted, "", &gate)}, clock, logger);
    gate.AwaitArrivals(1);  // it was made while the vendor had not answered
    CHECK(logger.lines().empty());
    gate.Open();
  }
  CHECK(logger.lines().size() == 1);
  { const CredentialReport nothing({}, clock, logger); }
  CHECK(logger.lines().size() == 1);
}

TEST_CASE("CheckCredentials: all are asked at the same time, and told in their order") {
  test::FakeClock clock;
  test::Gate gate;
  const AskedVendors vendors{Asked("one", CredentialState::kAccepted, "", &gate),
                             Asked("two", CredentialState::kUnknown, "two: Away.", &gate)};
  std::thread opener([&gate] {
    gate.AwaitArrivals(2);  // neither waits for the other
    gate.Open();
  });
  const auto all = app::CheckCredentials(vendors, Deadline::After(clock, std::chrono::seconds(1)));
  opener.join();
  REQUIRE(all.size() == 2);
  CHECK(all[0].vendor == "one");
  CHECK(all[0].check.state == CredentialState::kAccepted);
  CHECK(all[1].check.reason == "two: Away.");
}

TEST_CASE("DetectorPanel: names everybody who may be asked once, however many kinds they judge") {
  test::FakeClock clock;
  const auto both = Asked("both", CredentialState::kAccepted);
  const auto one = Asked("one", CredentialState::kAccepted);
  const detection::DetectorPanel panel({both}, {both, one}, {both}, clock);
  CHECK(panel.Vendors() == AskedVendors{both, one});
}
