#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "cli/doctor.h"
#include "vcache/app/credential_checks.h"
#include "vcache/app/wiring/detectors.h"
#include "vcache/core/log.h"
#include "vcache/detection/interruptible_timer.h"
#include "vcache/net/http_client.h"

namespace vcache::cli {
namespace {

/// For all vendors, which are asked concurrently.
constexpr std::chrono::milliseconds kVendorsTime{10'000};

Finding OfVendor(const app::VendorCredentials& outcome) {
  const std::string check = "vendor " + outcome.vendor;
  const std::string& reason = outcome.check.reason;
  switch (outcome.check.state) {
    case detection::CredentialState::kAccepted:
      if (reason.empty()) return {check, Grade::kOk, "The credentials are accepted."};
      return {check, Grade::kWarn, reason, "Mend it at the vendor: calls will fail until then."};
    case detection::CredentialState::kRefused:
      return {check, Grade::kFail, reason,
              "Set what it names; every call fails until then, and known content is answered."};
    case detection::CredentialState::kNotCheckable:
      return {check, Grade::kWarn,
              "The credentials were not checked: the vendor offers no way that costs nothing.",
              "The first new content that it judges will tell."};
    case detection::CredentialState::kUnknown:
      break;
  }
  return {check, Grade::kWarn, reason.empty() ? "The check failed." : reason,
          "It is not known whether the credentials are good. Check the network from here to the "
          "vendor, its status page and <VENDOR>_BASE_URL, and run this again."};
}

}  // namespace

std::vector<Finding> ExamineVendors(const config::Settings& settings, Clock& clock) {
  const auto http = net::MakeCurlHttpClient({}, clock);
  detection::InterruptibleTimer pauses(clock);
  const detection::DetectorPanel panel =
      app::MakePanel(settings.detection, *http, pauses, clock, NullLogger());
  std::vector<Finding> findings;
  for (const detection::MediaKind kind : detection::kMediaKinds) {
    if (panel.Serves(kind)) continue;
    findings.push_back({"vendors", Grade::kWarn,
                        "None judges " + std::string(detection::MediaKindName(kind)) +
                            " content: what is not known is answered with 503.",
                        "Set the credentials of one that does (.env.example), if you need it."});
  }
  if (!settings.detection.sandbox_url.empty()) {
    findings.push_back({"vendors", Grade::kWarn,
                        "The sandbox at " + config::OriginOnly(settings.detection.sandbox_url) +
                            " stands in for all of them; no credentials are checked, as it takes "
                            "any.",
                        "Unset DETECTION_SANDBOX_URL for verdicts that are not made up."});
    return findings;
  }
  const Deadline deadline = Deadline::After(clock, kVendorsTime);
  for (const auto& outcome : app::CheckCredentials(panel.Vendors(), deadline)) {
    findings.push_back(OfVendor(outcome));
  }
  return findings;
}

}  // namespace vcache::cli
