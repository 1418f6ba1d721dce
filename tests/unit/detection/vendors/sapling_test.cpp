#include <doctest/doctest.h>

#include "json/json.h"
#include "support/fake_clock.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/detection/vendors/vendors.h"

using namespace vcache;
using detection::MediaKind;
using test::CheckFailure;

namespace sapling_test {
namespace {

struct Vendor {
  Vendor() {
    detection::VendorOptions options;
    options.endpoint = {"https://vendor.test", std::chrono::seconds(9), Usd::FromMicros(5'000),
                        false};
    options.api_key = Secret(test::kTestSecret);
    detector = detection::MakeSapling(options, {http, pauses});
  }
  Result<detection::Detection> Answering(int status, const std::string& body) {
    http.Reply(status, body);
    return detector->Detect(task, Deadline::Never());
  }

  test::FakeHttpClient http;
  test::FakeClock clock;
  detection::InterruptibleTimer pauses{clock};
  std::shared_ptr<detection::Detector> detector;
  detection::DetectionTask task{MediaKind::kText, {}, nullptr, "A text.\n\"Quoted\"", 2001, ""};
};

}  // namespace

TEST_CASE("Sapling: sends key and text as JSON, without scores of sentences") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, R"({"score":0.71})"));
  const auto& sent = vendor.http.sent().at(0);
  CHECK(sent.request.url == "https://vendor.test/api/v1/aidetect");
  const auto body = ParseJson(sent.text);
  REQUIRE(body);
  CHECK(*Find(*body, "key") == test::kTestSecret);
  CHECK(*Find(*body, "text") == vendor.task.text);
  CHECK(*Find(*body, "sent_scores") == false);
}

TEST_CASE("Sapling: the score is a probability, each started 1,000 characters cost") {
  Vendor vendor;
  const auto detection = vendor.Answering(200, R"({"score":0.71,"sentence_scores":[]})");
  REQUIRE(detection);
  CHECK(detection->source.score == 71.0);
  CHECK(detection->source.raw_score == 0.71);
  CHECK(detection->source.kind == ScoreKind::kProbability);
  CHECK(detection->cost.micros() == 15'000);
  vendor.task.characters = 2000;
  CHECK(vendor.detector->Price(vendor.task).micros() == 10'000);
  vendor.task.characters = 1;
  CHECK(vendor.detector->Price(vendor.task).micros() == 5'000);
}

TEST_CASE("Sapling: each failure has its code and costs nothing") {
  Vendor vendor;
  CheckFailure(vendor.Answering(400, R"({"msg":"text too long"})"), ErrorCode::kVendorRefused,
               Charge::kNone);
  CheckFailure(vendor.Answering(401, R"({"msg":"bad key"})"), ErrorCode::kVendorRefused,
               Charge::kNone);
  CheckFailure(vendor.Answering(403, R"({"msg":"bad key"})"), ErrorCode::kVendorRefused,
               Charge::kNone);
  vendor.http.Reply(429, R"({"msg":"slow down"})", {{"retry-after", "30"}});
  const auto limited = vendor.detector->Detect(vendor.task, Deadline::Never());
  CheckFailure(limited, ErrorCode::kVendorUnavailable, Charge::kNone);
  CHECK(limited.error().retry_after == std::chrono::seconds(30));
}

TEST_CASE("Sapling: a failure of the vendor's may have been billed") {
  Vendor vendor;
  CheckFailure(vendor.Answering(500, R"({"msg":"oops"})"), ErrorCode::kVendorUnavailable,
               Charge::kUnknown);
  CheckFailure(vendor.Answering(503, ""), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CheckFailure(vendor.Answering(404, "<html>"), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  vendor.http.Fail({ErrorCode::kVendorTimeout, "Too slow.", Charge::kUnknown});
  CheckFailure(vendor.detector->Detect(vendor.task, Deadline::Never()), ErrorCode::kVendorTimeout,
               Charge::kUnknown);
}

TEST_CASE("Sapling: a score that is none is never 0, nor is nonsense (rules J1 and J3)") {
  Vendor vendor;
  for (const std::string& score : test::NoScores()) {
    CAPTURE(score);
    CheckFailure(vendor.Answering(200, R"({"score":)" + score + "}"),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  for (const std::string& body : test::Nonsense()) {
    CAPTURE(body.substr(0, 20));
    CheckFailure(vendor.Answering(200, body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  CheckFailure(vendor.Answering(200, R"({"msg":"no credit"})"), ErrorCode::kVendorInvalidAnswer,
               Charge::kUnknown);
}

TEST_CASE("Sapling: takes texts only") {
  Vendor vendor;
  vendor.task.kind = MediaKind::kImage;
  CheckFailure(vendor.detector->Detect(vendor.task, Deadline::Never()), ErrorCode::kVendorRefused,
               Charge::kNone);
  CHECK(vendor.http.sent().empty());
}

}  // namespace sapling_test
