// What each vendor's answer to the question that costs nothing says of the credentials.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/fake_http_client.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/detection/breaker_detector.h"
#include "vcache/detection/limited_detector.h"
#include "vcache/detection/retrying_detector.h"
#include "vcache/detection/vendors/custom_vendor.h"
#include "vcache/detection/vendors/vendors.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::CredentialCheck;
using detection::CredentialState;

namespace {

const detection::VendorEndpoint kEndpoint{"https://vendor.test", 60s, Usd::FromMicros(10'000),
                                          false};

/// All vendors in front of an HTTP client without a network.
struct World {
  test::FakeHttpClient http;
  test::FakeClock clock;
  detection::InterruptibleTimer pauses{clock};
  Secret key{test::kTestSecret};

  std::shared_ptr<detection::Detector> AiOrNot() {
    return detection::MakeAiOrNot({kEndpoint, key}, {http, pauses});
  }
  std::shared_ptr<detection::Detector> Copyleaks() {
    return detection::MakeCopyleaks({.endpoint = kEndpoint,
                                     .api_key = key,
                                     .account = "me@site.test",
                                     .login_url = "https://id.vendor.test"},
                                    {http, pauses});
  }
  std::shared_ptr<detection::Detector> OpenAi() {
    return detection::MakeOpenAi({.endpoint = kEndpoint, .api_key = key, .model = "ft:gpt-x/1"},
                                 {http, pauses});
  }
  std::shared_ptr<detection::Detector> Sightengine() {
    return detection::MakeSightengine({kEndpoint, key, "user"}, {http, pauses});
  }
  std::vector<std::shared_ptr<detection::Detector>> Checkable() {
    return {AiOrNot(), Copyleaks(), OpenAi(), Sightengine()};
  }
};

CredentialCheck Check(detection::Detector& vendor) {
  const CredentialCheck check = vendor.CheckCredentials(Deadline::Never());
  CHECK(check.reason.find(test::kTestSecret) == std::string::npos);
  CHECK(check.reason.size() < 300);
  const bool plain =
      check.state == CredentialState::kAccepted || check.state == CredentialState::kNotCheckable;
  CHECK((plain || check.reason.starts_with(std::string(vendor.provider()) + ": ")));
  return check;
}

struct ProbeAnswer {
  int status;
  std::string body;
  CredentialState state;
  std::string names = {};  ///< What the reason must say.
};

/// Each answer to a detector of its own: what one check learns must not decide the next.
template <typename Make>
void CheckAnswers(World& world, Make make, const std::vector<ProbeAnswer>& answers) {
  for (const ProbeAnswer& answer : answers) {
    CAPTURE(answer.status);
    CAPTURE(answer.body);
    world.http.Reply(answer.status, answer.body);
    const auto vendor = make();
    const CredentialCheck check = Check(*vendor);
    CHECK(check.state == answer.state);
    CHECK(check.reason.find(answer.names) != std::string::npos);
  }
  CHECK(world.http.sent().size() == answers.size());
}

std::string SightengineFailure(const std::string& type, const std::string& code,
                               const std::string& message) {
  return R"({"status":"failure","request":{"id":"r","operations":0},"error":{"type":")" + type +
         R"(","code":)" + code + R"(,"message":")" + message + R"("}})";
}

std::string OpenAiFailure(const std::string& code) {
  return R"({"error":{"message":"about )" + std::string(test::kTestSecret) +
         R"(","type":"invalid_request_error","param":null,"code":)" + code + "}}";
}

/// Counts what it is asked, and fails every call.
class FailingDetector final : public detection::Detector {
 public:
  std::string_view provider() const noexcept override { return "failing"; }
  bool Accepts(detection::MediaKind) const noexcept override { return true; }
  std::string Fingerprint(detection::MediaKind) const override { return "failing"; }
  Usd Price(const detection::DetectionTask&) const noexcept override { return Usd::FromMicros(1); }
  Result<detection::Detection> Detect(const detection::DetectionTask&, Deadline) override {
    ++calls;
    return Error{ErrorCode::kVendorUnavailable, "Away.", Charge::kUnknown};
  }
  CredentialCheck CheckCredentials(Deadline) override {
    ++checks;
    return {CredentialState::kUnknown, "failing: Away."};
  }
  int calls = 0;
  int checks = 0;
};

}  // namespace

TEST_CASE("Sightengine: asks without models and without media, and reads which argument is wrong") {
  World world;
  const auto failure = SightengineFailure;
  const char* words = "Incorrect API user or API secret";
  CheckAnswers(
      world, [&] { return world.Sightengine(); },
      {{400, failure("argument_error", "3", "Missing models"), CredentialState::kAccepted},
       {200, failure("argument_error", "3", "Missing models"), CredentialState::kAccepted},
       {401, failure("credentials_error", "1", words), CredentialState::kRefused,
        "SIGHTENGINE_API_USER"},
       {200, failure("credentials_error", "1", ""), CredentialState::kRefused,
        "SIGHTENGINE_API_SECRET"},
       {400, failure("argument_error", "1", words), CredentialState::kRefused,
        "SIGHTENGINE_API_USER"},
       // Nobody documents what code a missing argument has: it may be this one as well.
       {400, failure("argument_error", "1", "Missing models"), CredentialState::kUnknown},
       {400, failure("argument_error", "null", "Missing models"), CredentialState::kUnknown},
       {400, failure("argument_error", "7", "api_user is too long"), CredentialState::kUnknown},
       {403, failure("plan_error", "4", "no"), CredentialState::kUnknown},
       {402, failure("usage_limit", "32", "no"), CredentialState::kUnknown},
       {400, failure("api_error", "9", "no"), CredentialState::kUnknown},
       {200, R"({"status":"success","type":{"ai_generated":0.9}})", CredentialState::kUnknown},
       {401, R"({"status":"failure"})", CredentialState::kUnknown},
       {401, "<html>", CredentialState::kUnknown}});
  const auto& sent = world.http.sent().front();
  CHECK(sent.request.method == "POST");
  CHECK(sent.request.url == "https://vendor.test/check.json");
  REQUIRE(sent.form.size() == 2);
  CHECK(sent.form.at(0) == std::pair<std::string, std::string>("api_user", "user"));
  CHECK(sent.form.at(1) == std::pair<std::string, std::string>("api_secret", test::kTestSecret));
}

TEST_CASE("AI or Not: the balance tells, and a key without billing is a good key") {
  World world;
  CheckAnswers(
      world, [&] { return world.AiOrNot(); },
      {{200, R"({"balance":7})", CredentialState::kAccepted},
       {401, R"({"detail":"Invalid token"})", CredentialState::kRefused, "AIORNOT_API_KEY"},
       {403, R"({"detail":"Invalid token"})", CredentialState::kRefused, "AIORNOT_API_KEY"},
       {404, R"({"message":"Billing account not found"})", CredentialState::kAccepted, "billing"},
       {404, R"({"message":"Not found"})", CredentialState::kUnknown},
       {404, R"({"detail":"Not Found"})", CredentialState::kUnknown},
       {403, R"({"message":"Forbidden"})", CredentialState::kUnknown},
       {200, "{}", CredentialState::kUnknown},
       {301, R"({"detail":"moved"})", CredentialState::kUnknown}});
  const auto& sent = world.http.sent().front().request;
  CHECK(sent.method == "GET");
  CHECK(sent.url == "https://vendor.test/v2/billing/balance");
  CHECK(sent.headers.at(0).second == std::string("Bearer ") + test::kTestSecret);
}

TEST_CASE("OpenAI: looks at the model; a key that may not look is not called wrong") {
  World world;
  CheckAnswers(
      world, [&] { return world.OpenAi(); },
      {{200, R"({"id":"gpt-x","object":"model"})", CredentialState::kAccepted},
       {401, OpenAiFailure("\"invalid_api_key\""), CredentialState::kRefused, "OPENAI_API_KEY"},
       {404, OpenAiFailure("\"model_not_found\""), CredentialState::kRefused, "OPENAI_MODEL"},
       {401, OpenAiFailure("null"), CredentialState::kUnknown, "restricted"},
       {403, OpenAiFailure("\"missing_scope\""), CredentialState::kUnknown, "restricted"},
       {404, OpenAiFailure("null"), CredentialState::kUnknown},
       {404, R"({"detail":"Not Found"})", CredentialState::kUnknown},
       {200, R"({"object":"list","data":[]})", CredentialState::kUnknown}});
  const auto& sent = world.http.sent().front().request;
  CHECK(sent.method == "GET");
  CHECK(sent.url == "https://vendor.test/models/ft%3Agpt-x%2F1");
}

TEST_CASE("Copyleaks: the login is the check, and the calls that come use its token") {
  World world;
  const auto vendor = world.Copyleaks();
  world.http.Reply(200, R"({"access_token":"t",".issued":"2026-11-01T10:00:00Z",
                            ".expires":"2026-11-03T10:00:00Z"})");
  CHECK(Check(*vendor).state == CredentialState::kAccepted);
  CHECK(Check(*vendor).state == CredentialState::kAccepted);
  world.http.Reply(200, R"({"summary":{"ai":0.5}})");
  detection::DetectionTask task;
  task.kind = detection::MediaKind::kText;
  const std::string text(300, 'a');
  task.text = text;
  task.characters = text.size();
  CHECK(vendor->Detect(task, Deadline::Never()));
  REQUIRE(world.http.sent().size() == 2);  // one login, one call
  CHECK(world.http.sent().at(1).request.headers.at(0).second == "Bearer t");
}

TEST_CASE("Copyleaks: a refused login is a wrong key, any other answer proves nothing") {
  World world;
  CheckAnswers(world, [&] { return world.Copyleaks(); },
               {{401, "", CredentialState::kRefused, "COPYLEAKS_API_KEY"},
                {400, R"({"error":{"type":"authentication_error"}})", CredentialState::kRefused,
                 "COPYLEAKS_EMAIL"},
                {404, "<html>", CredentialState::kUnknown, "COPYLEAKS_LOGIN_URL"},
                {403, "<html>", CredentialState::kUnknown},
                {200, R"({"access_token":""})", CredentialState::kUnknown}});
}

TEST_CASE("CheckCredentials: who limits, fails or answers nonsense has said nothing") {
  World world;
  for (const auto& vendor : world.Checkable()) {
    CAPTURE(vendor->provider());
    for (const int status : {500, 502, 503, 504}) {
      world.http.Reply(status, R"({"detail":"no","error":{"type":"credentials_error"}})");
      CHECK(Check(*vendor).state == CredentialState::kUnknown);
    }
    for (const std::string& body : test::Nonsense()) {
      world.http.Reply(200, body);
      CHECK(Check(*vendor).state == CredentialState::kUnknown);
    }
    world.http.Fail({ErrorCode::kVendorTimeout, "Too slow.", Charge::kUnknown});
    const CredentialCheck slow = Check(*vendor);
    CHECK(slow.state == CredentialState::kUnknown);
    CHECK(slow.reason.find("Too slow.") != std::string::npos);
    world.http.Reply(429, R"({"error":{"type":"usage_limit","code":37}})");
    CHECK(Check(*vendor).state == CredentialState::kUnknown);
  }
}

TEST_CASE("CheckCredentials: a small answer is waited for, and not for long") {
  World world;
  for (const auto& vendor : {world.AiOrNot(), world.OpenAi(), world.Sightengine()}) {
    world.http.Reply(500, "");
    Check(*vendor);
    const net::HttpRequest& request = world.http.sent().back().request;
    CHECK(request.timeout == 10s);
    CHECK(request.max_response_bytes == 256 * 1024);
  }
}

TEST_CASE("CheckCredentials: vendors without a free question are not asked at all") {
  World world;
  detection::CustomOptions custom;
  custom.endpoint = kEndpoint;
  custom.api_key = world.key;
  for (const auto& vendor : std::vector<std::shared_ptr<detection::Detector>>{
           detection::MakeGptZero({kEndpoint, world.key}, {world.http, world.pauses}),
           detection::MakeHive({kEndpoint, world.key}, {world.http, world.pauses}),
           detection::MakePangram({kEndpoint, world.key}, {world.http, world.pauses}),
           detection::MakeRealityDefender({kEndpoint, world.key}, {world.http, world.pauses}),
           detection::MakeSapling({kEndpoint, world.key}, {world.http, world.pauses}),
           detection::MakeCustom(custom, world.http, world.pauses)}) {
    CAPTURE(vendor->provider());
    CHECK(Check(*vendor).state == CredentialState::kNotCheckable);
  }
  CHECK(world.http.sent().empty());
}

TEST_CASE("CheckCredentials: passes breaker, retries and limit by, and they learn nothing of it") {
  test::FakeClock clock;
  const auto failing = std::make_shared<FailingDetector>();
  detection::LimitOptions full;
  full.max_calls = 0;  // nobody ever gets a turn
  full.max_queue = 0;
  const auto limited = std::make_shared<detection::LimitedDetector>(failing, full, clock);
  const auto retrying =
      std::make_shared<detection::RetryingDetector>(limited, detection::RetryOptions{}, clock);
  detection::BreakerOptions touchy;
  touchy.faults = 1;
  detection::BreakerDetector breaker(retrying, touchy, clock, NullLogger());
  for (int i = 0; i < 3; ++i) {
    CHECK(breaker.CheckCredentials(Deadline::Never()).state == CredentialState::kUnknown);
  }
  CHECK(failing->checks == 3);  // not one of them repeated
  CHECK(failing->calls == 0);
  CHECK(breaker.health().state == detection::BreakerState::kClosed);

  detection::BreakerDetector open(failing, touchy, clock, NullLogger());
  CHECK_FALSE(open.Detect({}, Deadline::Never()));
  REQUIRE(open.health().state == detection::BreakerState::kOpen);
  CHECK(open.CheckCredentials(Deadline::Never()).state == CredentialState::kUnknown);
  CHECK(failing->checks == 4);
  CHECK(open.health().state == detection::BreakerState::kOpen);
}
