#include <doctest/doctest.h>

#include "json/json.h"
#include "unit/detection/vendors/vendor_fixture.h"

using namespace vcache;
using detection::MediaKind;
using test::CheckFailure;

namespace pangram_test {
namespace {

/// Answers the paid request, which names a task, and the looks at it.
struct Vendor : test::VendorFixture {
  explicit Vendor(bool sandbox = false) {
    endpoint.sandbox = sandbox;
    endpoint.cost = Usd::FromMicros(50'000);
    detector = detection::MakePangram({endpoint, Secret(test::kTestSecret)}, {http, pauses});
  }
  Result<detection::Detection> Detect() { return VendorFixture::Detect(MediaKind::kText); }
  Result<detection::Detection> Looking(const std::string& body, int status = 200) {
    http.Reply(200, R"({"task_id":"7f3c-Aa_1"})");
    http.Reply(status, body);
    return Detect();
  }
};

std::string Done(const std::string& fraction) {
  return R"({"stage":"STAGE_SUCCESS","version":"3.1","headline":"h","prediction_short":"Mixed",)"
         R"("text":"the user's text","fraction_ai":)" +
         fraction + R"(,"fraction_ai_assisted":0.25,"fraction_human":0.25,"windows":[]})";
}

}  // namespace

TEST_CASE("Pangram: one paid request, then looks at the task that it named") {
  Vendor vendor;
  vendor.http.Reply(200, R"({"task_id":"7f3c-Aa_1"})");
  vendor.http.Reply(200, R"({"stage":"STAGE_PREPROCESSING"})");
  vendor.http.Reply(200, R"({"stage":"STAGE_NEVER_HEARD_OF"})");
  vendor.http.Reply(503, "busy");
  vendor.http.Reply(200, Done("0.5"));
  REQUIRE(vendor.Detect());
  const auto& sent = vendor.http.sent();
  REQUIRE(sent.size() == 5);
  CHECK(sent[0].request.method == "POST");
  CHECK(sent[0].request.url == "https://vendor.test/task");
  const auto body = ParseJson(sent[0].text);
  REQUIRE(body);
  CHECK(*Find(*body, "text") == vendor.text);
  CHECK(*Find(*body, "public_dashboard_link") == false);
  for (std::size_t look = 1; look < sent.size(); ++look) {
    CHECK(sent[look].request.method == "GET");
    CHECK(sent[look].request.url == "https://vendor.test/task/7f3c-Aa_1");
    CHECK(sent[look].request.body.index() == 0);
  }
  for (const auto& each : sent) {
    CHECK(each.request.headers.at(0) ==
          std::pair<std::string, std::string>("x-api-key", test::kTestSecret));
  }
}

TEST_CASE("Pangram: the score is a share, and the rest of the text stands beside it") {
  Vendor vendor(true);
  const auto detection = vendor.Looking(Done("0.5"));
  REQUIRE(detection);
  CHECK(detection->source.provider == "pangram");
  CHECK(detection->source.score == 50.0);
  CHECK(detection->source.raw_score == 0.5);
  CHECK(detection->source.kind == ScoreKind::kShare);
  CHECK(detection->source.model == "3.1");
  CHECK_FALSE(detection->source.confidence);
  CHECK(detection->details == R"({"requestId":"7f3c-Aa_1","prediction":"Mixed",)"
                              R"("fractionAssisted":0.25,"fractionHuman":0.25})");
  CHECK(detection->cost.micros() == 50'000);
  CHECK(detection->demo);
}

TEST_CASE("Pangram: a failed analysis has zeros in all fractions, and is no verdict") {
  Vendor vendor;
  const auto failed = vendor.Looking(
      R"({"stage":"STAGE_FAILED","headline":"Too\nfew words","fraction_ai":0,"fraction_human":0})");
  CheckFailure(failed, ErrorCode::kVendorRefused, Charge::kUnknown);
  CHECK(failed.error().message.find("Too\\x0afew words") != std::string::npos);
}

TEST_CASE("Pangram: a score that is none is never 0 (rule J3), once the task is done") {
  Vendor vendor;
  for (const std::string& score : test::NoScores()) {
    CAPTURE(score);
    CheckFailure(vendor.Looking(Done(score)), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  for (const std::string& body : test::Nonsense()) {
    CAPTURE(body.substr(0, 20));
    CheckFailure(vendor.Looking(body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  for (const char* body : {R"({"fraction_ai":0.9})", R"({"stage":null,"fraction_ai":0.9})",
                           R"({"stage":"STAGE_SUCCESS"})"}) {
    CheckFailure(vendor.Looking(body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("Pangram: an answer that names no task, or one that is no name, is nonsense") {
  Vendor vendor;
  std::vector<std::string> bodies = test::Nonsense();
  for (const std::string& id :
       {std::string("null"), std::string("7"), std::string("\"\""), std::string("\"../admin\""),
        std::string("\"a?b\""), std::string("\"a b\""), "\"" + std::string(129, 'a') + "\""}) {
    bodies.push_back(R"({"task_id":)" + id + "}");
  }
  for (const std::string& body : bodies) {
    CAPTURE(body.substr(0, 40));
    CheckFailure(vendor.Answering(200, body, MediaKind::kText), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  CHECK(vendor.http.sent().size() == bodies.size());  // nobody looked for anything
}

TEST_CASE("Pangram: each status of the paid request has its error") {
  Vendor vendor;
  vendor.CheckStatuses(MediaKind::kText, "error");
  vendor.http.Fail({ErrorCode::kVendorUnavailable, "Refused.", Charge::kNone});
  CheckFailure(vendor.Detect(), ErrorCode::kVendorUnavailable, Charge::kNone);
  vendor.http.Fail({ErrorCode::kVendorTimeout, "Too slow.", Charge::kUnknown});
  CheckFailure(vendor.Detect(), ErrorCode::kVendorTimeout, Charge::kUnknown);
}

TEST_CASE("Pangram: once a task is under way, no error says that nothing was charged") {
  Vendor vendor;
  for (const int status : {400, 401, 402, 403, 404, 422}) {
    CAPTURE(status);
    const auto result = vendor.Looking(R"({"error":"no"})", status);
    REQUIRE_FALSE(result);
    CHECK(ChargeName(result.error().charge) == ChargeName(Charge::kUnknown));
  }
  vendor.http.Reply(200, R"({"task_id":"t"})");
  for (int look = 0; look < 5; ++look) {
    vendor.http.Fail({ErrorCode::kVendorUnavailable, "Refused.", Charge::kNone});
  }
  CheckFailure(vendor.Detect(), ErrorCode::kVendorUnavailable, Charge::kUnknown);
}

TEST_CASE("Pangram: the time-out is that of the whole analysis, and may have been charged") {
  Vendor vendor;
  vendor.http.Reply(200, R"({"task_id":"t"})");
  for (int look = 0; look < 50; ++look) vendor.http.Reply(200, R"({"stage":"STAGE_PENDING"})");
  const SteadyTime begun = vendor.clock.Now();
  CheckFailure(vendor.Detect(), ErrorCode::kVendorTimeout, Charge::kUnknown);
  CHECK(vendor.clock.Now() - begun <= std::chrono::seconds(9));
  CHECK(vendor.http.sent().size() > 10);
  CHECK(vendor.http.sent().size() < 20);
}

TEST_CASE("Pangram: takes texts only, billed by started units of 1,000 words") {
  Vendor vendor;
  CheckFailure(vendor.VendorFixture::Detect(MediaKind::kImage), ErrorCode::kVendorRefused,
               Charge::kNone);
  CHECK(vendor.http.sent().empty());
  for (const auto& [words, price] :
       std::vector<std::pair<int, std::int64_t>>{{1, 50'000}, {1000, 50'000}, {1001, 100'000}}) {
    vendor.text.clear();
    for (int word = 0; word < words; ++word) vendor.text += "word ";
    CHECK(vendor.detector->Price(vendor.Task(MediaKind::kText)).micros() == price);
  }
}

}  // namespace pangram_test
