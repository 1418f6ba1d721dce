#include <doctest/doctest.h>

#include "json/json.h"
#include "support/jumping_clock.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/core/bytes.h"
#include "vcache/detection/vendors/vendors.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::MediaKind;
using test::CheckFailure;

namespace reality_defender_test {
namespace {

constexpr const char* kAnnounced =
    R"({"code":"ok","errno":0,"response":{"signedUrl":"https://bucket.test/up?sig=a%2Fb"},
        "mediaId":"m1","requestId":"r-1"})";

struct Vendor {
  Vendor() {
    detection::VendorOptions options;
    options.endpoint = {"https://vendor.test", 180s, Usd::FromMicros(50'000), false};
    options.api_key = Secret(test::kTestSecret);
    detector = detection::MakeRealityDefender(options, {http, pauses});
    REQUIRE(file.Append(AsBytes("bytes of a picture")));
  }
  Result<detection::Detection> Detect(content::MediaType type = content::MediaType::kPng) {
    detection::DetectionTask task;
    task.kind = content::IsVideo(type) ? MediaKind::kVideo : MediaKind::kImage;
    task.media_type = type;
    task.file = &file;
    return detector->Detect(task, Deadline::Never());
  }
  /// The file is taken, and then this is the answer to the first look.
  Result<detection::Detection> Judging(int status, const std::string& body) {
    http.Reply(200, kAnnounced);
    http.Reply(200, "");
    http.Reply(status, body);
    return Detect();
  }

  test::FakeHttpClient http;
  test::JumpingClock clock;
  detection::InterruptibleTimer pauses{clock};
  content::Spool file;
  std::shared_ptr<detection::Detector> detector;
};

std::string Media(const std::string& status, const std::string& score) {
  return R"({"requestId":"r-1","overallStatus":")" + status + R"(","resultsSummary":{"status":")" +
         status + R"(","metadata":{"finalScore":)" + score +
         R"(}},"models":[{"name":"m1","status":"FAKE","predictionNumber":0.93,"finalScore":93},
         {"name":"m2","status":"NOT_APPLICABLE","predictionNumber":{"reason":"r"}}]})";
}

std::string Refusal(const std::string& code) {
  return R"({"code":")" + code + R"(","errno":1,"response":"about )" + test::kTestSecret + R"("})";
}

}  // namespace

TEST_CASE("RealityDefender: announces, uploads without the key, looks until there is a result") {
  Vendor vendor;
  vendor.http.Reply(200, kAnnounced);
  vendor.http.Reply(200, "");
  vendor.http.Reply(404, Refusal("not_found"));
  vendor.http.Reply(200,
                    R"({"requestId":"r-1","overallStatus":"ANALYZING","resultsSummary":null})");
  vendor.http.Reply(200, Media("ANALYZING", "null"));
  vendor.http.Reply(200, Media("FAKE", "93"));
  const auto detection = vendor.Detect();
  REQUIRE(detection);
  CHECK(detection->source.score == 93.0);
  CHECK(detection->source.raw_score == 93.0);
  CHECK(detection->source.kind == ScoreKind::kEnsemble);
  CHECK(detection->cost.micros() == 50'000);
  CHECK(detection->details == R"({"requestId":"r-1","status":"FAKE"})");
  const auto& sent = vendor.http.sent();
  REQUIRE(sent.size() == 6);
  CHECK(sent[0].request.url == "https://vendor.test/api/files/aws-presigned");
  CHECK(sent[0].request.headers.at(0) ==
        std::pair<std::string, std::string>("X-API-KEY", test::kTestSecret));
  CHECK(sent[0].text == R"({"fileName":"upload.png"})");
  CHECK(sent[1].request.method == "PUT");
  CHECK(sent[1].request.url == "https://bucket.test/up?sig=a%2Fb");
  CHECK(sent[1].request.given_by == "https://vendor.test");  // the rule for given URLs holds
  CHECK(sent[1].text == "bytes of a picture");
  REQUIRE(sent[1].request.headers.size() == 1);
  CHECK(sent[1].request.headers[0].second == "application/octet-stream");
  CHECK(sent[2].request.method == "GET");
  CHECK(sent[2].request.url == "https://vendor.test/api/media/users/r-1");
  CHECK(vendor.clock.waits == std::vector<std::chrono::milliseconds>{2s, 5s, 5s, 5s});
}

TEST_CASE("RealityDefender: every finished state with a score is a verdict") {
  Vendor vendor;
  for (const char* status : {"AUTHENTIC", "FAKE", "SUSPICIOUS", "MANIPULATED"}) {
    const auto detection = vendor.Judging(200, Media(status, "7.5"));
    REQUIRE(detection);
    CHECK(detection->source.score == 7.5);
  }
}

TEST_CASE("RealityDefender: a finished state without a score is never 0") {
  Vendor vendor;
  for (const char* score : {"null", "\"93\"", "true", "{}", "[]", "-0.01", "100.01", "1e999"}) {
    CAPTURE(score);
    CheckFailure(vendor.Judging(200, Media("AUTHENTIC", score)), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  CheckFailure(vendor.Judging(200, R"({"requestId":"r","resultsSummary":{"status":"FAKE"}})"),
               ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
}

TEST_CASE("RealityDefender: a failure in a 200 is no verdict, whatever number stands beside it") {
  Vendor vendor;
  for (const char* status : {"NOT_APPLICABLE", "UNABLE_TO_EVALUATE"}) {
    CheckFailure(vendor.Judging(200, Media(status, "null")), ErrorCode::kVendorRefused,
                 Charge::kUnknown);
    CheckFailure(vendor.Judging(200, Media(status, "0")), ErrorCode::kVendorRefused,
                 Charge::kUnknown);
  }
  for (const char* status : {"STAGE_FAILED", "failure", "", "fake"}) {
    CAPTURE(status);
    CheckFailure(vendor.Judging(200, Media(status, "0")), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  CheckFailure(vendor.Judging(200, R"({"status":"failure"})"), ErrorCode::kVendorInvalidAnswer,
               Charge::kUnknown);
}

TEST_CASE("RealityDefender: nonsense is no verdict (rules J1 and J3)") {
  Vendor vendor;
  for (const std::string& body : test::Nonsense()) {
    CAPTURE(body.substr(0, 20));
    CheckFailure(vendor.Judging(200, body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
    vendor.http.Reply(200, body);
    CheckFailure(vendor.Detect(), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("RealityDefender: what it says to the announcement has its code and charge") {
  Vendor vendor;
  const auto announcing = [&](int status, const std::string& body) {
    vendor.http.Reply(status, body);
    return vendor.Detect();
  };
  const auto quota = announcing(400, Refusal("upload-limit-reached"));
  CheckFailure(quota, ErrorCode::kVendorUnavailable, Charge::kNone);
  CHECK(quota.error().retry_after == 1h);
  CheckFailure(announcing(400, Refusal("free-tier-not-allowed")), ErrorCode::kVendorRefused,
               Charge::kNone);
  CheckFailure(announcing(401, Refusal("unauthorized")), ErrorCode::kVendorRefused, Charge::kNone);
  CheckFailure(announcing(429, Refusal("too_many_requests")), ErrorCode::kVendorUnavailable,
               Charge::kNone);
  CheckFailure(announcing(500, Refusal("oops")), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CheckFailure(announcing(404, "<html>"), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
}

TEST_CASE("RealityDefender: an upload that the storage refuses is free, one that broke is not") {
  Vendor vendor;
  const auto uploading = [&](int status) {
    vendor.http.Reply(200, kAnnounced);
    vendor.http.Reply(status, "<Error/>");
    return vendor.Detect();
  };
  CheckFailure(uploading(403), ErrorCode::kVendorUnavailable, Charge::kNone);
  CheckFailure(uploading(503), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CheckFailure(uploading(302), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  vendor.http.Reply(200, kAnnounced);
  vendor.http.Fail({ErrorCode::kVendorTimeout, "Slow.", Charge::kUnknown});
  CheckFailure(vendor.Detect(), ErrorCode::kVendorTimeout, Charge::kUnknown);
}

TEST_CASE("RealityDefender: after the upload no failure is free") {
  Vendor vendor;
  CheckFailure(vendor.Judging(401, Refusal("unauthorized")), ErrorCode::kVendorRefused,
               Charge::kUnknown);
  CheckFailure(vendor.Judging(400, Refusal("upload-limit-reached")), ErrorCode::kVendorUnavailable,
               Charge::kUnknown);
}

TEST_CASE("rule C7: the upload goes to no plain connection and no id leaves its part of the path") {
  Vendor vendor;
  const auto announced = [&](const std::string& url, const std::string& id) {
    vendor.http.Reply(200, DumpJson(Json{{"response", {{"signedUrl", url}}}, {"requestId", id}}));
    return vendor.Detect();
  };
  for (const char* url : {"http://bucket.test/up", "http://127.0.0.1:6379/", "file:///etc/passwd",
                          "ftp://bucket.test/", "", "bucket.test"}) {
    CAPTURE(url);
    CheckFailure(announced(url, "r"), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  for (const std::string& id : {std::string("../x"), std::string("a b"), std::string(".."),
                                std::string("a?b"), std::string(), std::string(129, 'a')}) {
    CAPTURE(id);
    CheckFailure(announced("https://bucket.test/up", id), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  CHECK(vendor.http.sent().size() == 12);
  for (const auto& sent : vendor.http.sent()) CHECK(sent.request.given_by.empty());
}

TEST_CASE("RealityDefender: takes the types that the vendor lists, and no texts") {
  Vendor vendor;
  for (const auto type : {content::MediaType::kAvif, content::MediaType::kWebm}) {
    CheckFailure(vendor.Detect(type), ErrorCode::kVendorRefused, Charge::kNone);
  }
  CHECK_FALSE(vendor.detector->Accepts(MediaKind::kText));
  CHECK(vendor.http.sent().empty());
}

}  // namespace reality_defender_test
