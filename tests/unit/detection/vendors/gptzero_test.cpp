#include <doctest/doctest.h>

#include "json/json.h"
#include "unit/detection/vendors/vendor_fixture.h"

using namespace vcache;
using detection::MediaKind;
using test::CheckFailure;

namespace gptzero_test {
namespace {

struct Vendor : test::VendorFixture {
  Vendor() {
    endpoint.cost = Usd::FromMicros(150'000);
    detector = detection::MakeGptZero({endpoint, Secret(test::kTestSecret)}, {http, pauses});
  }
};

std::string Document(const std::string& probabilities) {
  return R"({"document_classification":"MIXED","predicted_class":"mixed","confidence_category":"high",)" +
         probabilities + R"("sentences":[{"sentence":"secret words","generated_prob":0.97}]})";
}

std::string Answer(const std::string& document) {
  return R"({"version":"2025-11-13-base","scanId":"s1","documents":[)" + document + "]}";
}

std::string WithScore(const std::string& score) {
  return Answer(Document(R"("class_probabilities":{"ai":)" + score +
                         R"(,"human":0.02,"mixed":0.03},"completely_generated_prob":0.5,)"));
}

}  // namespace

TEST_CASE("GptZero: sends the document as JSON with the key in a header") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, WithScore("0.95"), MediaKind::kText));
  const auto& sent = vendor.http.sent().at(0);
  CHECK(sent.request.url == "https://vendor.test/predict/text");
  CHECK(sent.request.headers.at(0) ==
        std::pair<std::string, std::string>("x-api-key", test::kTestSecret));
  const auto body = ParseJson(sent.text);
  REQUIRE(body);
  CHECK(*Find(*body, "document") == vendor.text);
  CHECK(*Find(*body, "multilingual") == false);
}

TEST_CASE("GptZero: the score is the probability of AI; a word of sureness stays a word") {
  Vendor vendor;
  const auto detection = vendor.Answering(200, WithScore("0.95"), MediaKind::kText);
  REQUIRE(detection);
  CHECK(detection->source.provider == "gptzero");
  CHECK(detection->source.score == 95.0);
  CHECK(detection->source.raw_score == 0.95);
  CHECK(detection->source.kind == ScoreKind::kProbability);
  CHECK(detection->source.model == "2025-11-13-base");
  CHECK_FALSE(detection->source.confidence);
  CHECK(detection->details == R"({"requestId":"s1","classification":"MIXED",)"
                              R"("confidenceCategory":"high","mixed":0.03,"human":0.02})");
}

TEST_CASE("GptZero: the older figure counts where there is no newer one, and only there") {
  Vendor vendor;
  const auto older = vendor.Answering(200, Answer(Document(R"("completely_generated_prob":0.4,)")),
                                      MediaKind::kText);
  REQUIRE(older);
  CHECK(older->source.score == 40.0);
  for (const char* broken : {R"("class_probabilities":{},"completely_generated_prob":0.4,)",
                             R"("class_probabilities":null,"completely_generated_prob":0.4,)",
                             R"("completely_generated_prob":"0.4",)", ""}) {
    CAPTURE(broken);
    CheckFailure(vendor.Answering(200, Answer(Document(broken)), MediaKind::kText),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("GptZero: one document was sent, and one must come back") {
  Vendor vendor;
  const std::string one = Document(R"("class_probabilities":{"ai":0.9},)");
  for (const std::string& body : {Answer(""), Answer(one + "," + one), Answer("7"), one,
                                  std::string(R"({"error":"no credits"})")}) {
    CheckFailure(vendor.Answering(200, body, MediaKind::kText), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
}

TEST_CASE("GptZero: a score that is none is never 0, nor is nonsense (rules J1 and J3)") {
  Vendor vendor;
  vendor.CheckNoVerdicts(MediaKind::kText, WithScore);
}

TEST_CASE("GptZero: each status has its error, and files are not taken") {
  Vendor vendor;
  vendor.CheckStatuses(MediaKind::kText, "error");
  const std::size_t calls = vendor.http.sent().size();
  CheckFailure(vendor.Detect(MediaKind::kImage), ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(vendor.http.sent().size() == calls);
}

TEST_CASE("GptZero: a text that would be cut without a word is not sent") {
  Vendor vendor;
  auto task = vendor.Task(MediaKind::kText);
  task.characters = 50'000;
  CHECK(vendor.detector->RefusalOf(task).empty());
  task.characters = 50'001;
  CheckFailure(vendor.detector->Detect(task, Deadline::Never()), ErrorCode::kVendorRefused,
               Charge::kNone);
  CHECK(vendor.http.sent().empty());
}

TEST_CASE("GptZero: words are what is paid for, in parts of 1,000") {
  Vendor vendor;
  for (const auto& [text, price] : std::vector<std::pair<std::string, std::int64_t>>{
           {"", 150}, {"one", 150}, {" one\ttwo\nthree  ", 450}}) {
    vendor.text = text;
    CHECK(vendor.detector->Price(vendor.Task(MediaKind::kText)).micros() == price);
  }
}

}  // namespace gptzero_test
