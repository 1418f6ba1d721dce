#include <doctest/doctest.h>

#include "json/json.h"
#include "unit/detection/vendors/vendor_fixture.h"

using namespace vcache;
using detection::MediaKind;
using test::CheckFailure;

namespace hive_test {
namespace {

struct Vendor : test::VendorFixture {
  Vendor() {
    detector = detection::MakeHive({endpoint, Secret(test::kTestSecret)}, {http, pauses});
  }
};

std::string Moment(const std::string& score, const std::string& generator = "0.8",
                   const std::string& number = "value") {
  return R"({"classes":[{"class":"not_ai_generated",")" + number +
         R"(":0.1},{"class":"ai_generated",")" + number + R"(":)" + score +
         R"(},{"class":"midjourney",")" + number + R"(":)" + generator + R"(},{"class":"none",")" +
         number + R"(":0.5},{"class":"deepfake",")" + number +
         R"(":0.9}],"extra":[{"name":"frame_index","value":0}]})";
}

std::string Answer(const std::string& moments) {
  return R"({"task_id":"t2","model":"hive/ai-generated-and-deepfake-content-detection","output":[)" +
         moments + "]}";
}

}  // namespace

TEST_CASE("Hive: sends the file as a form with a bearer key") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, Answer(Moment("0.17")), MediaKind::kImage));
  const auto& sent = vendor.http.sent().at(0);
  CHECK(sent.request.url == "https://vendor.test/hive/ai-generated-and-deepfake-content-detection");
  CHECK(sent.request.headers.at(0).second == std::string("Bearer ") + test::kTestSecret);
  CHECK(sent.form ==
        std::vector<std::pair<std::string, std::string>>{{"media", "bytes of a picture"}});
  CHECK(std::get<std::vector<net::FormField>>(sent.request.body).at(0).open_file);
}

TEST_CASE("Hive: an image's answer becomes a score; deepfake and none are no generators") {
  Vendor vendor;
  const auto detection = vendor.Answering(200, Answer(Moment("0.17")), MediaKind::kImage);
  REQUIRE(detection);
  CHECK(detection->source.provider == "hive");
  CHECK(detection->source.score == 17.0);
  CHECK(detection->source.raw_score == 0.17);
  CHECK(detection->source.kind == ScoreKind::kProbability);
  CHECK(detection->source.model == "hive/ai-generated-and-deepfake-content-detection");
  CHECK_FALSE(detection->source.confidence);
  CHECK_FALSE(detection->source.frames);
  CHECK_FALSE(detection->frames_analyzed);
  const std::vector<std::pair<std::string, double>> generators = {{"midjourney", 80}};
  CHECK(detection->generators == generators);
  CHECK(detection->details == R"({"requestId":"t2"})");
  CHECK(detection->cost.micros() == 10'000);
}

TEST_CASE("Hive: the numbers are read by either of their names") {
  Vendor vendor;
  const auto older =
      vendor.Answering(200, Answer(Moment("0.25", "0.5", "score")), MediaKind::kImage);
  REQUIRE(older);
  CHECK(older->source.score == 25.0);
  CHECK(older->generators.at(0).second == 50);
}

TEST_CASE("Hive: a video's headline is its highest frame") {
  Vendor vendor;
  const auto detection = vendor.Answering(
      200, Answer(Moment("0.2", "0.1") + "," + Moment("0.9", "0.3") + "," + Moment("0.4", "0.2")),
      MediaKind::kVideo);
  REQUIRE(detection);
  CHECK(detection->source.score == 90.0);
  CHECK(detection->source.raw_score == 0.9);
  REQUIRE(detection->source.frames);
  CHECK(detection->source.frames->count == 3);
  CHECK(detection->source.frames->mean == 50);
  CHECK(detection->source.frames->max == 90);
  CHECK(detection->frames_analyzed == 3);
  CHECK(detection->generators.at(0).second == 30);
}

TEST_CASE("Hive: an output without its class, or with one frame unscored, has no verdict") {
  Vendor vendor;
  for (const std::string& output :
       {std::string(), Moment("0.9") + ",{}", Moment("0.9") + R"(,{"classes":[]})",
        Moment("0.9") + "," + Moment("null"), std::string(R"({"classes":{"ai_generated":0.9}})"),
        std::string(R"({"classes":[{"class":"ai_generated"}]})"),
        std::string(R"({"classes":[{"class":7,"value":0.9},7]})"),
        std::string(R"({"classes":[{"class":"ai_generated","value":0.9},)"
                    R"({"class":"ai_generated","value":0.1}]})")}) {
    CAPTURE(output);
    for (const MediaKind kind : {MediaKind::kImage, MediaKind::kVideo}) {
      CheckFailure(vendor.Answering(200, Answer(output), kind), ErrorCode::kVendorInvalidAnswer,
                   Charge::kUnknown);
    }
  }
}

TEST_CASE("Hive: a score that is none is never 0, nor is nonsense (rules J1 and J3)") {
  Vendor vendor;
  const auto with_score = [](const std::string& score) { return Answer(Moment(score)); };
  vendor.CheckNoVerdicts(MediaKind::kImage, with_score);
  vendor.CheckNoVerdicts(MediaKind::kVideo, with_score);
}

TEST_CASE("Hive: each status has its error, and texts are not taken") {
  Vendor vendor;
  vendor.CheckStatuses(MediaKind::kImage, "message");
  const std::size_t calls = vendor.http.sent().size();
  CheckFailure(vendor.Detect(MediaKind::kText), ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(vendor.http.sent().size() == calls);
}

}  // namespace hive_test
