// The check of credentials through the real HTTP client against the real sandbox: what each bad day
// comes to, and that none of it is a call.

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "integration/detection/running_sandbox.h"
#include "support/scripted_server.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::CredentialCheck;
using detection::CredentialState;
using sandbox::Mode;
using test::RunningSandbox;

namespace {

std::vector<std::shared_ptr<detection::Detector>> CheckableIn(const RunningSandbox& running) {
  return {running.aiornot, running.copyleaks, running.openai, running.sightengine};
}

/// The same vendors at any address.
std::vector<std::shared_ptr<detection::Detector>> CheckableAt(const std::string& url,
                                                              RunningSandbox& running) {
  const detection::VendorEndpoint at{url, 2s, Usd::FromMicros(10'000), false};
  const Secret key("key-of-the-test");
  return {detection::MakeAiOrNot({at, key}, {*running.http, running.pauses}),
          detection::MakeCopyleaks(
              {.endpoint = at, .api_key = key, .account = "me@a.example", .login_url = url},
              {*running.http, running.pauses}),
          detection::MakeOpenAi({.endpoint = at, .api_key = key, .model = "gpt-x"},
                                {*running.http, running.pauses}),
          detection::MakeSightengine({at, key, "user"}, {*running.http, running.pauses})};
}

void Misbehave(RunningSandbox& running, const detection::Detector& vendor, Mode mode) {
  sandbox::Behaviour behaviour;
  behaviour.mode = mode;
  behaviour.vendor = vendor.provider();
  if (vendor.provider() == "copyleaks") behaviour.vendor = "copyleaks-login";
  behaviour.times = 1;  // a check uses none of it up
  running.sandbox.Behave(behaviour);
}

CredentialCheck Check(detection::Detector& vendor) {
  const CredentialCheck check = vendor.CheckCredentials(Deadline::Never());
  CHECK(check.reason.find("key-of-the-test") == std::string::npos);
  return check;
}

}  // namespace

TEST_CASE("CheckCredentials in the sandbox: good keys are accepted, and nothing was called") {
  RunningSandbox running;
  for (const auto& vendor : CheckableIn(running)) {
    CAPTURE(vendor->provider());
    const CredentialCheck check = Check(*vendor);
    CHECK(check.state == detection::CredentialState::kAccepted);
    CHECK(check.reason.empty());
  }
  CHECK(running.sandbox.calls().total == 0);
  CHECK(running.sandbox.max_concurrent() == 0);
}

TEST_CASE("CheckCredentials in the sandbox: bad keys are refused, with the variables to look at") {
  RunningSandbox running;
  for (const auto& vendor : CheckableIn(running)) {
    CAPTURE(vendor->provider());
    Misbehave(running, *vendor, Mode::kCredentials);
    for (int i = 0; i < 3; ++i) {
      const CredentialCheck check = Check(*vendor);
      CHECK(check.state == detection::CredentialState::kRefused);
      CHECK(check.reason.find("_API_") != std::string::npos);
    }
  }
  running.sandbox.Behave({});
  running.Connect("", 10s);
  for (const auto& vendor : CheckableIn(running)) {
    CAPTURE(vendor->provider());
    CHECK(Check(*vendor).state == detection::CredentialState::kRefused);
  }
  const detection::VendorEndpoint openai{running.url + "/openai/v1", 10s, Usd::FromMicros(1'000),
                                         false};
  const auto model =
      detection::MakeOpenAi({.endpoint = openai, .api_key = Secret("k"), .model = "no-such-model"},
                            {*running.http, running.pauses});
  CHECK(Check(*model).reason.find("OPENAI_MODEL") != std::string::npos);
  CHECK(running.sandbox.calls().total == 0);
}

TEST_CASE("CheckCredentials in the sandbox: a bad day proves nothing, and nothing was called") {
  RunningSandbox running;
  for (const Mode mode : {Mode::kError500, Mode::kRateLimit, Mode::kUnavailable, Mode::kBrokenJson,
                          Mode::kEmpty, Mode::kClose, Mode::kCut, Mode::kHuge}) {
    running.Connect("key-of-the-test", 10s);  // Copyleaks logs in anew
    for (const auto& vendor : CheckableIn(running)) {
      CAPTURE(static_cast<int>(mode));
      CAPTURE(vendor->provider());
      Misbehave(running, *vendor, mode);
      const CredentialCheck check = Check(*vendor);
      CHECK(check.state == detection::CredentialState::kUnknown);
      CHECK(check.reason.starts_with(vendor->provider()));
    }
  }
  CHECK(running.sandbox.calls().total == 0);
}

TEST_CASE("CheckCredentials: a vendor that is not there, endless or silent is unknown, and soon") {
  RunningSandbox running;
  std::string nobody;
  {
    const test::ScriptedServer gone(test::Stall());
    nobody = gone.url();
  }
  const test::ScriptedServer endless([](test::ScriptedServer::Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"id\":\"");
    while (peer.Send(std::string(64 * 1024, 'x'))) {
    }
    peer.Close();
  });
  const test::ScriptedServer silent(test::Stall());
  for (const std::string& url : {nobody, endless.url(), silent.url()}) {
    for (const auto& vendor : CheckableAt(url, running)) {
      CAPTURE(vendor->provider());
      const SteadyTime begun = running.clock.Now();
      const CredentialCheck check = vendor->CheckCredentials(Deadline::After(running.clock, 300ms));
      CHECK(check.state == detection::CredentialState::kUnknown);
      CHECK_FALSE(check.reason.empty());
      CHECK(running.clock.Now() - begun < 5s);
    }
  }
}

TEST_CASE("CheckCredentials in the sandbox: Copyleaks' check and its first call share one login") {
  RunningSandbox running;
  CHECK(Check(*running.copyleaks).state == CredentialState::kAccepted);
  sandbox::Behaviour no_login;
  no_login.mode = Mode::kError500;
  no_login.vendor = "copyleaks-login";
  running.sandbox.Behave(no_login);
  CHECK(running.copyleaks->Detect(running.Task(detection::MediaKind::kText), Deadline::Never()));
  CHECK(running.sandbox.calls("copyleaks").charged == 1);
}
