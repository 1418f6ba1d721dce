#include <doctest/doctest.h>

#include "json/json.h"
#include "unit/detection/vendors/vendor_fixture.h"

using namespace vcache;
using detection::MediaKind;
using test::CheckFailure;

namespace aiornot_test {
namespace {

struct Vendor : test::VendorFixture {
  explicit Vendor(bool sandbox = false) {
    endpoint.sandbox = sandbox;
    detector = detection::MakeAiOrNot({endpoint, Secret(test::kTestSecret)}, {http, pauses});
  }
};

std::string Image(const std::string& confidence) {
  return R"({"id":"9b1c","created_at":"2026-11-01T00:00:00Z","report":{"ai_generated":{"verdict":"ai",
    "ai":{"is_detected":true,"confidence":)" +
         confidence + R"(},"human":{"is_detected":false,"confidence":0.07},
    "generator":{"flux":0.05,"midjourney":{"is_detected":true,"confidence":0.8},"odd":-1,"gone":{}}},
    "meta":{"width":800,"processing_status":{"ai_generated":"processed"}}}})";
}

std::string Plain(const std::string& report, const std::string& confidence,
                  const std::string& detected = "true") {
  return R"({"id":"9b1c","report":{")" + report + R"(":{"is_detected":)" + detected +
         R"(,"confidence":)" + confidence + R"(},"meta":{"duration":4.5}}})";
}

std::string Status(const std::string& report, const std::string& status) {
  return R"({"id":"9b1c","report":{")" + report + R"(":null,"meta":{"processing_status":{")" +
         report + R"(":")" + status + R"("}}}})";
}

}  // namespace

TEST_CASE("AiOrNot: asks for the one report that is paid for, the file streamed as its own part") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, Image("0.93"), MediaKind::kImage));
  REQUIRE(vendor.Answering(200, Plain("ai_video", "0.6"), MediaKind::kVideo));
  REQUIRE(vendor.Answering(200, Plain("ai_text", "0.6"), MediaKind::kText));
  const auto& sent = vendor.http.sent();
  CHECK(sent[0].request.url == "https://vendor.test/v2/image/sync?only=ai_generated");
  CHECK(sent[1].request.url == "https://vendor.test/v2/video/sync?only=ai_video");
  CHECK(sent[2].request.url == "https://vendor.test/v2/text/sync");
  CHECK(sent[0].request.headers.at(0).second == std::string("Bearer ") + test::kTestSecret);
  CHECK(sent[0].request.timeout == std::chrono::seconds(9));
  using Form = std::vector<std::pair<std::string, std::string>>;
  CHECK(sent[0].form == Form{{"image", "bytes of a picture"}});
  CHECK(sent[1].form == Form{{"video", "bytes of a picture"}});
  CHECK(sent[2].form == Form{{"text", vendor.text}});
  const auto& part = std::get<std::vector<net::FormField>>(sent[1].request.body).at(0);
  CHECK(part.open_file);
  CHECK(part.value.empty());
  CHECK(part.content_type == "video/mp4");
}

TEST_CASE("AiOrNot: an image's answer becomes a score with its generators, in both their forms") {
  Vendor vendor;
  const auto detection = vendor.Answering(200, Image("0.93"), MediaKind::kImage);
  REQUIRE(detection);
  CHECK(detection->source.provider == "aiornot");
  CHECK(detection->source.score == 93.0);
  CHECK(detection->source.raw_score == 0.93);
  CHECK(detection->source.kind == ScoreKind::kProbability);
  CHECK_FALSE(detection->source.confidence);
  CHECK_FALSE(detection->frames_analyzed);
  const std::vector<std::pair<std::string, double>> generators = {{"midjourney", 80}, {"flux", 5}};
  CHECK(detection->generators == generators);
  CHECK(detection->cost.micros() == 10'000);
  CHECK_FALSE(detection->demo);
  CHECK(detection->details == R"({"requestId":"9b1c","verdict":"ai"})");
}

TEST_CASE("AiOrNot: videos and texts have one number, and 0 is one") {
  Vendor vendor(true);
  const auto video = vendor.Answering(200, Plain("ai_video", "0.75"), MediaKind::kVideo);
  REQUIRE(video);
  CHECK(video->source.score == 75.0);
  CHECK_FALSE(video->source.frames);
  CHECK(video->demo);
  const auto text = vendor.Answering(200, Plain("ai_text", "0", "false"), MediaKind::kText);
  REQUIRE(text);
  CHECK(text->source.score == 0.0);
}

TEST_CASE("AiOrNot: a number at odds with the vendor's own word is no verdict") {
  Vendor vendor;
  for (const auto& [confidence, detected] : std::vector<std::pair<std::string, std::string>>{
           {"0.98", "false"}, {"0.5", "false"}, {"0.02", "true"}}) {
    CheckFailure(vendor.Answering(200, Plain("ai_text", confidence, detected), MediaKind::kText),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  REQUIRE(vendor.Answering(200, Plain("ai_text", "0.98", "null"), MediaKind::kText));
}

TEST_CASE("AiOrNot: a report that was rejected, failed or is missing in a 200 is no verdict") {
  Vendor vendor;
  for (const auto& [kind, report] :
       std::vector<std::pair<MediaKind, std::string>>{{MediaKind::kImage, "ai_generated"},
                                                      {MediaKind::kVideo, "ai_video"},
                                                      {MediaKind::kText, "ai_text"}}) {
    CAPTURE(report);
    CheckFailure(vendor.Answering(200, Status(report, "rejected"), kind), ErrorCode::kVendorRefused,
                 Charge::kUnknown);
    CheckFailure(vendor.Answering(200, Status(report, "errored"), kind),
                 ErrorCode::kVendorUnavailable, Charge::kUnknown);
    CheckFailure(vendor.Answering(200, Status(report, "processed"), kind),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
    CheckFailure(vendor.Answering(200, R"({"id":"x","report":{}})", kind),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("AiOrNot: a score that is none is never 0, nor is nonsense (rules J1 and J3)") {
  Vendor vendor;
  vendor.CheckNoVerdicts(MediaKind::kImage, Image);
  vendor.CheckNoVerdicts(MediaKind::kVideo,
                         [](const std::string& score) { return Plain("ai_video", score); });
  vendor.CheckNoVerdicts(MediaKind::kText,
                         [](const std::string& score) { return Plain("ai_text", score); });
}

TEST_CASE("AiOrNot: each status has its error") {
  Vendor vendor;
  vendor.CheckStatuses(MediaKind::kImage, "detail");
  const auto invalid = vendor.Answering(
      422, R"({"detail":[{"loc":["body","image"],"msg":"Not an image","input":"x"}]})",
      MediaKind::kImage);
  CheckFailure(invalid, ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(invalid.error().message == "aiornot: The request was refused (\"Not an image\").");
  const auto billing =
      vendor.Answering(404, R"({"message":"No billing account"})", MediaKind::kImage);
  CheckFailure(billing, ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(billing.error().message.find("AIORNOT_API_KEY") != std::string::npos);
}

TEST_CASE("AiOrNot: what the vendor does not take is not sent") {
  Vendor vendor;
  vendor.text = std::string(249, 'a');
  CheckFailure(vendor.Detect(MediaKind::kText), ErrorCode::kVendorRefused, Charge::kNone);
  auto image = vendor.Task(MediaKind::kImage);
  for (const auto type : {content::MediaType::kGif, content::MediaType::kAvif}) {
    image.media_type = type;
    CHECK_FALSE(vendor.detector->RefusalOf(image).empty());
    CheckFailure(vendor.detector->Detect(image, Deadline::Never()), ErrorCode::kVendorRefused,
                 Charge::kNone);
  }
  auto text = vendor.Task(MediaKind::kText);
  text.characters = 500'001;
  CHECK_FALSE(vendor.detector->RefusalOf(text).empty());
  text.characters = 500'000;
  CHECK(vendor.detector->RefusalOf(text).empty());
  CHECK(vendor.detector->RefusalOf(vendor.Task(MediaKind::kVideo)).empty());
  CHECK(vendor.http.sent().empty());
}

}  // namespace aiornot_test
