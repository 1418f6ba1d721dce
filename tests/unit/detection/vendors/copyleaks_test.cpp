#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "detection/vendors/copyleaks_login.h"
#include "json/json.h"
#include "support/fake_clock.h"
#include "support/gate.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/detection/vendors/vendors.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::MediaKind;
using test::CheckFailure;

namespace copyleaks_test {
namespace {

constexpr const char* kLoggedIn =
    R"({"access_token":"token-1",".issued":"2026-11-01T10:00:00.1234567Z",
        ".expires":"2026-11-03T10:00:00.1234567Z"})";

detection::VendorOptions Options() {
  detection::VendorOptions options;
  options.endpoint = {"https://api.vendor.test", 60s, Usd::FromMicros(10'000), false};
  options.login_url = "https://id.vendor.test";
  options.account = "me@site.test";
  options.api_key = Secret(test::kTestSecret);
  return options;
}

struct Vendor {
  Result<detection::Detection> Detect() { return detector->Detect(task, Deadline::Never()); }
  /// Logs in and gets this answer.
  Result<detection::Detection> Answering(int status, const std::string& body) {
    detector = detection::MakeCopyleaks(Options(), {http, pauses});
    http.Reply(200, kLoggedIn);
    http.Reply(status, body);
    return Detect();
  }

  test::FakeHttpClient http;
  test::FakeClock clock;
  detection::InterruptibleTimer pauses{clock};
  std::shared_ptr<detection::Detector> detector =
      detection::MakeCopyleaks(Options(), {http, pauses});
  detection::DetectionTask task{MediaKind::kText,
                                {},
                                nullptr,
                                "Two words.\nThree \"more\" words.",
                                300,
                                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
};

std::string Checked(const std::string& score, const std::string& credits = "2") {
  return R"({"modelVersion":"v9.0","results":[{"classification":2,"probability":0.64}],
    "summary":{"human":0.25,"ai":)" +
         score + R"(},"scannedDocument":{"scanId":"s1","totalWords":310,"actualCredits":)" +
         credits + "}}";
}

std::string Failure(const std::string& type, int code) {
  return R"({"error":{"type":")" + type + R"(","id":"e1","code":)" + std::to_string(code) +
         R"(,"message":"about )" + test::kTestSecret + R"("}})";
}

/// Holds every login until the gate opens.
class GatedHttp final : public net::HttpClient {
 public:
  explicit GatedHttp(int status) : status_(status) {}
  Result<net::HttpResponse> Send(const net::HttpRequest&, Deadline) override {
    gate.Pass();
    ++logins;
    net::HttpResponse response;
    response.status = status_;
    response.body = kLoggedIn;
    return response;
  }
  test::Gate gate;
  std::atomic<int> logins{0};

 private:
  const int status_;
};

}  // namespace

TEST_CASE("Copyleaks: logs in, then sends the text under an id of its digest") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, Checked("0.75")));
  const auto& sent = vendor.http.sent();
  CHECK(sent.at(0).request.url == "https://id.vendor.test/v3/account/login/api");
  CHECK(sent.at(0).text ==
        std::string(R"({"email":"me@site.test","key":")") + test::kTestSecret + "\"}");
  CHECK(sent.at(1).request.url ==
        "https://api.vendor.test/v2/writer-detector/0123456789abcdef0123456789abcdef/check");
  CHECK(sent.at(1).request.headers.at(0).second == "Bearer token-1");
  const auto body = ParseJson(sent.at(1).text);
  REQUIRE(body);
  CHECK(*Find(*body, "text") == vendor.task.text);
  CHECK(*Find(*body, "sandbox") == false);
}

TEST_CASE("Copyleaks: the score is a share, and the credits that it tells are the cost") {
  Vendor vendor;
  const auto detection = vendor.Answering(200, Checked("0.75"));
  REQUIRE(detection);
  CHECK(detection->source.score == 75.0);
  CHECK(detection->source.raw_score == 0.75);
  CHECK(detection->source.kind == ScoreKind::kShare);
  CHECK(detection->source.model == "v9.0");
  CHECK(detection->cost.micros() == 20'000);
  CHECK(detection->details == R"({"scanId":"s1","credits":2})");
  for (const char* credits : {"null", "-1", "1e9", "\"2\"", "2.5"}) {
    const auto untold = vendor.Answering(200, Checked("0.75", credits));
    REQUIRE(untold);
    CHECK(untold->cost.micros() == 10'000);  // five words are one credit
  }
}

TEST_CASE("Copyleaks: each started 250 words are expected to cost a credit") {
  Vendor vendor;
  const auto price_of = [&](std::size_t words) {
    std::string text;
    for (std::size_t i = 0; i < words; ++i) text += "word ";
    vendor.task.text = text;
    return vendor.detector->Price(vendor.task).micros();
  };
  CHECK(price_of(1) == 10'000);
  CHECK(price_of(250) == 10'000);
  CHECK(price_of(251) == 20'000);
}

TEST_CASE("Copyleaks: a score that is none is never 0, nor is nonsense (rules J1 and J3)") {
  Vendor vendor;
  for (const std::string& score : test::NoScores()) {
    CAPTURE(score);
    CheckFailure(vendor.Answering(200, Checked(score)), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  for (const std::string& body : test::Nonsense()) {
    CAPTURE(body.substr(0, 20));
    CheckFailure(vendor.Answering(200, body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  CheckFailure(vendor.Answering(200, R"({"summary":{"human":1}})"), ErrorCode::kVendorInvalidAnswer,
               Charge::kUnknown);
}

TEST_CASE("Copyleaks: each failure has its code and charge, and never shows the key") {
  Vendor vendor;
  CheckFailure(vendor.Answering(400, Failure("invalid_request_error", 11)),
               ErrorCode::kVendorRefused, Charge::kNone);
  for (const auto& body : {Failure("payment_error", 99), Failure("invalid_request_error", 13)}) {
    const auto quota = vendor.Answering(400, body);
    CheckFailure(quota, ErrorCode::kVendorUnavailable, Charge::kNone);
    CHECK(quota.error().retry_after == 1h);
  }
  CheckFailure(vendor.Answering(402, ""), ErrorCode::kVendorUnavailable, Charge::kNone);
  CheckFailure(vendor.Answering(429, Failure("api_error", 9)), ErrorCode::kVendorUnavailable,
               Charge::kNone);
  CheckFailure(vendor.Answering(503, Failure("api_error", 9)), ErrorCode::kVendorUnavailable,
               Charge::kUnknown);
  CheckFailure(vendor.Answering(404, "<html>"), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  CheckFailure(vendor.Answering(401, ""), ErrorCode::kVendorRefused, Charge::kNone);
}

TEST_CASE("Copyleaks: a token is kept until shortly before it ends") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, Checked("0.5")));
  vendor.clock.Advance(47h);
  vendor.http.Reply(200, Checked("0.5"));
  REQUIRE(vendor.Detect());
  CHECK(vendor.http.sent().size() == 3);
  vendor.clock.Advance(56min);
  vendor.http.Reply(200, kLoggedIn);
  vendor.http.Reply(200, Checked("0.5"));
  REQUIRE(vendor.Detect());
  CHECK(vendor.http.sent().size() == 5);
}

TEST_CASE("Copyleaks: a kept token that is refused costs nothing, and the next try logs in anew") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, Checked("0.5")));
  vendor.http.Reply(401, "");
  CheckFailure(vendor.Detect(), ErrorCode::kVendorUnavailable, Charge::kNone);
  vendor.http.Reply(200, kLoggedIn);
  vendor.http.Reply(200, Checked("0.5"));
  CHECK(vendor.Detect());
}

TEST_CASE(
    "Copyleaks: a login never costs anything, and a refused one is not repeated for a while") {
  Vendor vendor;
  vendor.http.Reply(401, Failure("authentication_error", 2));
  CheckFailure(vendor.Detect(), ErrorCode::kVendorRefused, Charge::kNone);
  CheckFailure(vendor.Detect(), ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(vendor.http.sent().size() == 1);
  vendor.clock.Advance(61s);
  vendor.http.Reply(429, "");
  const auto limited = vendor.Detect();
  CheckFailure(limited, ErrorCode::kVendorUnavailable, Charge::kNone);
  CHECK(limited.error().retry_after == 60s);
  vendor.clock.Advance(61s);
  vendor.http.Fail({ErrorCode::kVendorTimeout, "Slow.", Charge::kUnknown});
  CheckFailure(vendor.Detect(), ErrorCode::kVendorTimeout, Charge::kNone);
  vendor.http.Reply(500, "");
  CheckFailure(vendor.Detect(), ErrorCode::kVendorUnavailable, Charge::kNone);
  for (const char* body : {"", "[]", "{}", R"({"access_token":""})", R"({"access_token":7})",
                           R"({"access_token":"a\r\nb"})"}) {
    CAPTURE(body);
    vendor.http.Reply(200, body);
    CheckFailure(vendor.Detect(), ErrorCode::kVendorInvalidAnswer, Charge::kNone);
  }
  CHECK(vendor.http.sent().size() == 10);
}

TEST_CASE("Copyleaks: a login that nobody explains is not called a wrong key, and not repeated") {
  for (const int status : {400, 403, 404, 405}) {
    CAPTURE(status);
    Vendor vendor;
    vendor.http.Reply(status, "<html>");
    const auto failed = vendor.Detect();
    CheckFailure(failed, ErrorCode::kVendorInvalidAnswer, Charge::kNone);
    CHECK(failed.error().message.find("COPYLEAKS_LOGIN_URL") != std::string::npos);
    CheckFailure(vendor.Detect(), ErrorCode::kVendorInvalidAnswer, Charge::kNone);
    CHECK(vendor.http.sent().size() == 1);
  }
  for (const std::string& words : {Failure("authentication_error", 9), Failure("api_error", 2)}) {
    Vendor vendor;
    vendor.http.Reply(400, words);
    CheckFailure(vendor.Detect(), ErrorCode::kVendorRefused, Charge::kNone);
  }
}

TEST_CASE("CopyleaksLogin: many who need a token share one login, good or bad") {
  for (const int status : {200, 401}) {
    GatedHttp http(status);
    test::FakeClock clock;
    const detection::VendorOptions options = Options();
    detection::CopyleaksLogin login(options, http, clock);
    std::vector<std::thread> threads;
    std::atomic<int> got{0};
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { got += login.Get(Deadline::Never()) ? 1 : 0; });
    }
    clock.AwaitWaiters(7);
    http.gate.Open();
    for (std::thread& thread : threads) thread.join();
    CHECK(http.logins == 1);
    CHECK(got == (status == 200 ? 8 : 0));
  }
}

TEST_CASE("Copyleaks: a text that is too short or too long for it is not sent, nor logged in for") {
  Vendor vendor;
  for (const std::size_t characters : {0, 254, 25'001}) {
    CAPTURE(characters);
    vendor.task.characters = characters;
    CHECK_FALSE(vendor.detector->RefusalOf(vendor.task).empty());
    CheckFailure(vendor.Detect(), ErrorCode::kVendorRefused, Charge::kNone);
  }
  CHECK(vendor.http.sent().empty());
  for (const std::size_t characters : {255, 25'000}) {
    CAPTURE(characters);
    vendor.task.characters = characters;
    CHECK(vendor.detector->RefusalOf(vendor.task).empty());
    CHECK(vendor.Answering(200, Checked("0.5")));
  }
}

TEST_CASE("CopyleaksLogin: who waits for another's login leaves at the deadline") {
  GatedHttp http(200);
  test::FakeClock clock;
  const detection::VendorOptions options = Options();
  detection::CopyleaksLogin login(options, http, clock);
  std::thread first([&] { CHECK(login.Get(Deadline::Never())); });
  http.gate.AwaitArrivals(1);
  std::thread second([&] {
    const auto token = login.Get(Deadline::After(clock, 1s));
    REQUIRE_FALSE(token);
    CHECK(token.error().code == ErrorCode::kVendorTimeout);
    CHECK(token.error().charge == Charge::kNone);
  });
  clock.AwaitWaiters(1);
  clock.Advance(2s);
  second.join();
  http.gate.Open();
  first.join();
}

TEST_CASE("LifeBetween: dates of ISO 8601, and nothing else") {
  using detection::LifeBetween;
  CHECK(LifeBetween("2026-12-31T23:59:59Z", "2027-01-01T00:00:01.5Z") == 2s);
  CHECK(LifeBetween("2028-02-29T00:00:00", "2028-03-01T00:00:00") == 24h);
  for (const char* wrong :
       {"", "2026-12-31", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01 00:00:00Z", "-026-01-01T00:00:00Z", "Thu, 01 Jan 2026 00:00:00 GMT"}) {
    CAPTURE(wrong);
    CHECK_FALSE(LifeBetween(wrong, "2027-01-01T00:00:01Z"));
    CHECK_FALSE(LifeBetween("2027-01-01T00:00:01Z", wrong));
  }
}

}  // namespace copyleaks_test
