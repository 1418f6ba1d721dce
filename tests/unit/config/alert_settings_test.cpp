#include <doctest/doctest.h>

#include <string>

#include "unit/config/environments.h"
#include "vcache/config/settings.h"

using namespace vcache;          // NOLINT: a test
using namespace vcache::config;  // NOLINT: a test
using test::Having;
using test::Load;

namespace {

const std::string kSlack = "https://hooks.slack.com/services/T0/B0/x";

std::string AlertComplaint(EnvFile values) {
  const auto settings = LoadSettings(Having(std::move(values)));
  return settings ? std::string() : settings.error().message;
}

}  // namespace

TEST_CASE("LoadSettings: alerts go to an https URL, over plain HTTP only on this machine") {
  CHECK(Load({}).alerts.webhook_url.empty());
  for (const char* good : {"https://hooks.slack.com/services/T0/B0/x", "https://10.0.0.7/in?key=1",
                           "http://127.0.0.1:9000/in", "http://localhost/", "http://[::1]:1/x"}) {
    CAPTURE(good);
    CHECK(Load({{"ALERT_WEBHOOK_URL", good}}).alerts.webhook_url.Reveal() == good);
  }
  for (const char* bad : {"http://hooks.example/in", "http://10.0.0.7/in", "ftp://127.0.0.1/",
                          "https://me:pw@hooks.example/", "https://hooks.example/#x", "hooks"}) {
    CAPTURE(bad);
    CHECK(AlertComplaint({{"ALERT_WEBHOOK_URL", bad}}).starts_with("ALERT_WEBHOOK_URL"));
  }
}

TEST_CASE("LoadSettings: the secret that signs alerts is long enough, base64 after its mark") {
  const auto complaint = [](const char* secret) {
    return AlertComplaint({{"ALERT_WEBHOOK_URL", kSlack}, {"ALERT_WEBHOOK_SECRET", secret}});
  };
  CHECK(complaint("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").empty());
  CHECK(complaint("a-text-of-some-length").empty());
  for (const char* bad : {"short", "whsec_not-base64-at-all!", "two words of some length"}) {
    CAPTURE(bad);
    CHECK(complaint(bad).starts_with("ALERT_WEBHOOK_SECRET"));
  }
  CHECK(AlertComplaint({{"ALERT_WEBHOOK_SECRET", "a-text-of-some-length"}}) ==
        "ALERT_WEBHOOK_SECRET is set without ALERT_WEBHOOK_URL: there is nothing to sign.");
}
