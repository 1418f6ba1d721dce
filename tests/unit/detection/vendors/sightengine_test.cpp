#include <doctest/doctest.h>

#include "json/json.h"
#include "support/jumping_clock.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/core/bytes.h"
#include "vcache/detection/vendors/vendors.h"

using namespace vcache;
using detection::MediaKind;
using test::CheckFailure;

namespace sightengine_test {
namespace {

struct Vendor {
  explicit Vendor(bool sandbox = false) {
    detection::VendorOptions options;
    options.endpoint = {"https://vendor.test/1.0", std::chrono::seconds(9), Usd::FromMicros(10'000),
                        sandbox};
    options.account = "user-1";
    options.api_key = Secret(test::kTestSecret);
    detector = detection::MakeSightengine(options, {http, pauses});
    REQUIRE(file.Append(AsBytes("bytes of a picture")));
  }
  Result<detection::Detection> Detect(MediaKind kind = MediaKind::kImage) {
    detection::DetectionTask task;
    task.kind = kind;
    task.media_type =
        kind == MediaKind::kVideo ? content::MediaType::kMp4 : content::MediaType::kJpeg;
    task.file = &file;
    task.video_length = video_length;
    return detector->Detect(task, Deadline::Never());
  }
  Result<detection::Detection> Answering(int status, const std::string& body,
                                         MediaKind kind = MediaKind::kImage) {
    http.Reply(status, body);
    return Detect(kind);
  }

  test::FakeHttpClient http;
  test::JumpingClock clock;
  detection::InterruptibleTimer pauses{clock};
  content::Spool file;
  std::optional<std::chrono::milliseconds> video_length;
  std::shared_ptr<detection::Detector> detector;
};

std::string Failure(const std::string& type, int code) {
  return R"({"status":"failure","request":{"id":"req_E1","operations":0},"error":{"type":")" +
         type + R"(","code":)" + std::to_string(code) + R"(,"message":"said the vendor"}})";
}

std::string Image(const std::string& score) {
  return R"({"status":"success","request":{"id":"req_A1","timestamp":1790000000.12,"operations":5},
    "type":{"ai_generated":)" +
         score + R"(,"ai_generators":{"other":0.02,"flux":0.91,"midjourney":0.03,"odd":"x"}},
    "media":{"id":"med_A1","uri":"upload.jpg"}})";
}

std::string Video(const std::string& frames) {
  return R"({"status":"success","request":{"id":"req_B1","operations":10},"data":{"frames":[)" +
         frames + "]}}";
}

constexpr const char* kTaken =
    R"({"status":"success","request":{"id":"req_C1","operations":0},"media":{"id":"med/C1"}})";
constexpr const char* kFrame = R"({"info":{"position":0},"type":{"ai_generated":0.91}})";

std::string Job(const std::string& state, const std::string& frames, int progress = 0,
                int operations = 10) {
  return R"({"status":"success","request":{"id":"req_P2","operations":0},"output":{"media":
    {"id":"med/C1"},"request":"req_C1","data":{"status":")" +
         state + R"(","progress":)" + std::to_string(progress) + R"(,"operations":)" +
         std::to_string(operations) + R"(,"frames":[)" + frames + "]}}}";
}

}  // namespace

TEST_CASE("Sightengine: sends the credentials before the file, as the vendor's own client does") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, Image("0.97")));
  const auto& sent = vendor.http.sent().at(0);
  CHECK(sent.request.method == "POST");
  CHECK(sent.request.url == "https://vendor.test/1.0/check.json");
  CHECK(sent.request.timeout == std::chrono::seconds(9));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"api_user", "user-1"},
      {"api_secret", test::kTestSecret},
      {"models", "genai"},
      {"media", "bytes of a picture"}};
  CHECK(sent.form == expected);
  const auto& media = std::get<std::vector<net::FormField>>(sent.request.body).back();
  CHECK(media.content_type == "image/jpeg");
  CHECK(media.file_size == 18);
}

TEST_CASE("Sightengine: an image's answer becomes a score with its generators, best first") {
  Vendor vendor;
  const auto detection = vendor.Answering(200, Image("0.97"));
  REQUIRE(detection);
  CHECK(detection->source.provider == "sightengine");
  CHECK(detection->source.score == 97.0);
  CHECK(detection->source.raw_score == 0.97);
  CHECK_FALSE(detection->source.confidence);
  CHECK_FALSE(detection->frames_analyzed);
  CHECK(detection->generators.size() == 3);
  CHECK(detection->generators.front() == std::pair<std::string, double>("flux", 91.0));
  CHECK(detection->cost.micros() == 10'000);
  CHECK_FALSE(detection->demo);
  const auto details = ParseJson(detection->details);
  REQUIRE(details);
  CHECK(*Find(*details, "requestId") == "req_A1");
  CHECK(*Find(*details, "operations") == 5);
}

TEST_CASE("Sightengine: the map of generators is optional, and 0 is a score") {
  Vendor vendor;
  const auto detection = vendor.Answering(200, R"({"status":"success","type":{"ai_generated":0}})");
  REQUIRE(detection);
  CHECK(detection->source.score == 0.0);
  CHECK(detection->generators.empty());
}

TEST_CASE("Sightengine: a stand-in's answer is marked") {
  Vendor vendor(true);
  const auto detection = vendor.Answering(200, Image("0.5"));
  REQUIRE(detection);
  CHECK(detection->demo);
}

TEST_CASE("Sightengine: a video's headline is its highest frame, and every frame is paid") {
  Vendor vendor;
  const auto detection =
      vendor.Answering(200, Video(R"({"info":{"position":0},"type":{"ai_generated":0.2}},
               {"info":{"position":2000},"type":{"ai_generated":0.9,"ai_generators":{"sora":0.8}}},
               {"info":{"position":4000},"type":{"ai_generated":0.4}})"),
                       MediaKind::kVideo);
  REQUIRE(detection);
  CHECK(vendor.http.sent().at(0).request.url == "https://vendor.test/1.0/video/check-sync.json");
  CHECK(detection->source.score == 90.0);
  CHECK(detection->source.raw_score == 0.9);
  CHECK(detection->frames_analyzed == 3);
  CHECK(detection->cost.micros() == 30'000);
  CHECK(detection->generators.at(0).first == "sora");
  REQUIRE(detection->source.frames);
  CHECK(detection->source.frames->count == 3);
  CHECK(detection->source.frames->mean == 50);
  CHECK(detection->source.frames->max == 90);
}

TEST_CASE("Sightengine: a video without frames, or with one frame unscored, has no verdict") {
  Vendor vendor;
  for (const std::string frames :
       {"", R"({"type":{"ai_generated":0.9}},{"type":{}})", R"({"type":{"ai_generated":null}})",
        R"({"type":{"ai_generated":0.9}},7)"}) {
    CheckFailure(vendor.Answering(200, Video(frames), MediaKind::kVideo),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  // The asynchronous endpoint's answer: no frames yet.
  CheckFailure(
      vendor.Answering(200, R"({"status":"success","media":{"id":"m"}})", MediaKind::kVideo),
      ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
}

TEST_CASE("Sightengine: a video over a minute is uploaded, and its frames are looked for") {
  Vendor vendor;
  vendor.video_length = std::chrono::milliseconds(60'001);
  vendor.http.Reply(200, kTaken);
  vendor.http.Reply(200, Job("ongoing", "", 1));
  vendor.http.Reply(200, Job("ongoing", kFrame));  // a part of the frames is no verdict
  vendor.http.Reply(200, Job("finished", std::string(kFrame) + "," + kFrame));
  const auto detection = vendor.Detect(MediaKind::kVideo);
  REQUIRE(detection);
  CHECK(detection->source.score == 91.0);
  CHECK(detection->frames_analyzed == 2);
  CHECK(detection->cost.micros() == 20'000);
  const auto& sent = vendor.http.sent();
  CHECK(sent.at(0).request.url == "https://vendor.test/1.0/video/check.json");
  CHECK(sent.at(0).form.back() ==
        std::pair<std::string, std::string>("media", "bytes of a picture"));
  CHECK(sent.at(1).request.method == "GET");
  CHECK(sent.at(1).request.url ==
        std::string("https://vendor.test/1.0/video/byid.json?id=med%2FC1&api_user=user-1") +
            "&api_secret=" + test::kTestSecret);
}

TEST_CASE("Sightengine: the length decides between the endpoints, the size where it is unknown") {
  Vendor vendor;
  const auto endpoint = [&] {
    vendor.http.Reply(400, Failure("media_error", 1));
    CheckFailure(vendor.Detect(MediaKind::kVideo), ErrorCode::kVendorRefused, Charge::kNone);
    return vendor.http.sent().back().request.url.substr(
        std::string("https://vendor.test/1.0").size());
  };
  CHECK(endpoint() == "/video/check-sync.json");
  vendor.video_length = std::chrono::seconds(60);
  CHECK(endpoint() == "/video/check-sync.json");
  REQUIRE(vendor.file.Append(AsBytes(std::string(17 * 1024 * 1024, 'x'))));
  CHECK(endpoint() == "/video/check-sync.json");
  vendor.video_length.reset();
  CHECK(endpoint() == "/video/check.json");
}

TEST_CASE("Sightengine: an unfinished, failed or foreign job is never a verdict, and never free") {
  Vendor vendor;
  vendor.video_length = std::chrono::minutes(5);
  const auto looking = [&](int status, const std::string& body) {
    vendor.http.Reply(200, kTaken);
    return vendor.Answering(status, body, MediaKind::kVideo);
  };
  const std::vector<std::pair<std::string, ErrorCode>> cases = {
      {Job("failure", kFrame), ErrorCode::kVendorRefused},
      {Job("stopped", kFrame), ErrorCode::kVendorRefused},
      {Job("odd", kFrame), ErrorCode::kVendorInvalidAnswer},
      {Job("finished", ""), ErrorCode::kVendorInvalidAnswer},
      {Job("finished", R"({"type":{}})"), ErrorCode::kVendorInvalidAnswer},
      {Job("finished", R"({"type":{"ai_generated":null}})"), ErrorCode::kVendorInvalidAnswer},
      {R"({"status":"success"})", ErrorCode::kVendorInvalidAnswer},
      {R"({"status":"success","output":{"media":{"id":"other"}}})",
       ErrorCode::kVendorInvalidAnswer},
      {Failure("credentials_error", 1), ErrorCode::kVendorRefused},
      {Failure("usage_limit", 32), ErrorCode::kVendorUnavailable}};
  for (const auto& [body, code] : cases) {
    CAPTURE(body);
    CheckFailure(looking(200, body), code, Charge::kUnknown);
  }
  for (const std::string& body : test::Nonsense()) {
    CAPTURE(body.substr(0, 20));
    CheckFailure(looking(200, body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  for (const char* body :
       {R"({"status":"success"})", R"({"status":"success","media":{"id":""}})"}) {
    CheckFailure(vendor.Answering(200, body, MediaKind::kVideo), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  CheckFailure(vendor.Answering(400, Failure("media_error", 1), MediaKind::kVideo),
               ErrorCode::kVendorRefused, Charge::kNone);
}

TEST_CASE("Sightengine: a video is expected to cost a frame a second, half an hour at most") {
  Vendor vendor;
  detection::DetectionTask task;
  task.kind = MediaKind::kVideo;
  CHECK(vendor.detector->Price(task).micros() == 600'000);
  task.video_length = std::chrono::milliseconds(1'500);
  CHECK(vendor.detector->Price(task).micros() == 20'000);
  task.video_length = std::chrono::minutes(3);
  CHECK(vendor.detector->Price(task).micros() == 1'800'000);
  task.video_length = std::chrono::hours(9);
  CHECK(vendor.detector->Price(task).micros() == 18'000'000);
  task.video_length = std::chrono::milliseconds(0);
  CHECK(vendor.detector->Price(task).micros() == 10'000);
}

TEST_CASE("Sightengine: a length that nothing proves is reckoned as the most that is judged") {
  Vendor vendor;
  detection::DetectionTask task;
  task.kind = MediaKind::kVideo;
  task.video_may_be_longer = true;
  CHECK(vendor.detector->Price(task).micros() == 600'000);
  task.video_length = std::chrono::seconds(1);
  CHECK(vendor.detector->Price(task).micros() == 600'000);
  task.video_length = std::chrono::seconds(61);
  CHECK(vendor.detector->Price(task).micros() == 18'000'000);
  task.kind = MediaKind::kImage;
  CHECK(vendor.detector->Price(task).micros() == 10'000);
}

TEST_CASE("Sightengine: the operations that an answer counts are what it costs") {
  Vendor vendor;
  const auto image = [&](int operations) {
    return vendor
        .Answering(200, R"({"status":"success","request":{"operations":)" +
                            std::to_string(operations) + R"(},"type":{"ai_generated":0.5}})")
        ->cost.micros();
  };
  CHECK(image(0) == 10'000);
  CHECK(image(1) == 10'000);
  CHECK(image(5) == 10'000);
  CHECK(image(11) == 30'000);
  CHECK(image(-7) == 10'000);
  CHECK(image(2'000'000'000) == 10'000);  // nonsense
  vendor.video_length = std::chrono::minutes(5);
  vendor.http.Reply(200, kTaken);
  const auto video = vendor.Answering(200, Job("finished", kFrame, 1, 1'500), MediaKind::kVideo);
  REQUIRE(video);
  CHECK(video->cost.micros() == 3'000'000);  // 300 frames, though it shows one
}

TEST_CASE("Sightengine: each documented failure, whatever the status, costs nothing") {
  Vendor vendor;
  for (const int status : {200, 400, 403, 429, 500}) {
    for (const char* type : {"credentials_error", "argument_error", "request_error",
                             "callback_error", "media_error", "plan_error"}) {
      CAPTURE(type);
      CheckFailure(vendor.Answering(status, Failure(type, 2)), ErrorCode::kVendorRefused,
                   Charge::kNone);
    }
    for (const char* type : {"usage_limit", "api_error", "unknown_error", "never_heard_of"}) {
      CAPTURE(type);
      CheckFailure(vendor.Answering(status, Failure(type, 37)), ErrorCode::kVendorUnavailable,
                   Charge::kNone);
    }
  }
}

TEST_CASE("Sightengine: a bad key is named as such in both of its spellings") {
  Vendor vendor;
  for (const auto& body : {Failure("credentials_error", 5), Failure("argument_error", 1)}) {
    const auto result = vendor.Answering(400, body);
    CheckFailure(result, ErrorCode::kVendorRefused, Charge::kNone);
    CHECK(result.error().message.find("SIGHTENGINE_API_SECRET") != std::string::npos);
  }
}

TEST_CASE("Sightengine: a used-up quota waits long, a rate limit as long as the vendor says") {
  Vendor vendor;
  const auto quota = vendor.Answering(429, Failure("usage_limit", 32));
  CheckFailure(quota, ErrorCode::kVendorUnavailable, Charge::kNone);
  CHECK(quota.error().retry_after == std::chrono::hours(1));
  CHECK_FALSE(vendor.Answering(429, Failure("usage_limit", 37)).error().retry_after);
  vendor.http.Reply(429, Failure("usage_limit", 37), {{"retry-after", "3"}});
  CHECK(vendor.Detect().error().retry_after == std::chrono::seconds(3));
}

TEST_CASE("Sightengine: the vendor's words are quoted escaped, and never with our secret") {
  Vendor vendor;
  const std::string head = R"({"status":"failure","error":{"type":"media_error","message":")";
  const auto escaped = vendor.Answering(400, head + R"(bad\u001b[31m\nfile"}})");
  CheckFailure(escaped, ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(escaped.error().message.find("bad\\x1b[31m") != std::string::npos);
  CHECK(escaped.error().message.find('\n') == std::string::npos);
  CheckFailure(vendor.Answering(400, head + "key " + test::kTestSecret + R"( is bad"}})"),
               ErrorCode::kVendorRefused, Charge::kNone);
  CheckFailure(vendor.Answering(400, head + std::string(100'000, 'x') + R"("}})"),
               ErrorCode::kVendorRefused, Charge::kNone);
}

TEST_CASE("Sightengine: a score that is none is never 0 (rule J3)") {
  Vendor vendor;
  for (const std::string& score : test::NoScores()) {
    CAPTURE(score);
    CheckFailure(vendor.Answering(200, Image(score)), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  CheckFailure(vendor.Answering(200, R"({"status":"success","type":{}})"),
               ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
}

TEST_CASE("Sightengine: nonsense in a 200 may have been billed (rule J1)") {
  Vendor vendor;
  for (const std::string& body : test::Nonsense()) {
    CAPTURE(body.substr(0, 20));
    CheckFailure(vendor.Answering(200, body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("Sightengine: without its envelope a status speaks for itself") {
  Vendor vendor;
  CheckFailure(vendor.Answering(500, "oops"), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CheckFailure(vendor.Answering(503, Image("0.9")), ErrorCode::kVendorUnavailable,
               Charge::kUnknown);
  CheckFailure(vendor.Answering(429, ""), ErrorCode::kVendorUnavailable, Charge::kNone);
  CheckFailure(vendor.Answering(403, "<html>"), ErrorCode::kVendorRefused, Charge::kNone);
  CheckFailure(vendor.Answering(302, ""), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
}

TEST_CASE("Sightengine: a transport error keeps its code and charge") {
  Vendor vendor;
  vendor.http.Fail({ErrorCode::kVendorTimeout, "Too slow.", Charge::kUnknown});
  CheckFailure(vendor.Detect(), ErrorCode::kVendorTimeout, Charge::kUnknown);
  vendor.http.Fail({ErrorCode::kVendorUnavailable, "Refused.", Charge::kNone});
  CheckFailure(vendor.Detect(), ErrorCode::kVendorUnavailable, Charge::kNone);
}

TEST_CASE("Sightengine: takes images and videos only, and calls nobody for a text") {
  Vendor vendor;
  CHECK(vendor.detector->Accepts(MediaKind::kImage));
  CHECK(vendor.detector->Accepts(MediaKind::kVideo));
  CHECK_FALSE(vendor.detector->Accepts(MediaKind::kText));
  CheckFailure(vendor.Detect(MediaKind::kText), ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(vendor.http.sent().empty());
}

}  // namespace sightengine_test
