#include <doctest/doctest.h>

#include "json/json.h"
#include "support/jumping_clock.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/core/bytes.h"
#include "vcache/detection/vendors/custom_vendor.h"

using namespace vcache;
using namespace std::chrono_literals;
using detection::CustomOptions;
using detection::MediaKind;
using test::CheckFailure;

namespace custom_test {
namespace {

CustomOptions Plain() {
  CustomOptions options;
  options.endpoint = {"https://vendor.test/v1/detect", 60s, Usd::FromMicros(4'000), false};
  options.api_key = Secret(test::kTestSecret);
  options.headers = {{"Authorization", "Bearer {key}"}};
  options.kinds = {MediaKind::kImage, MediaKind::kText};
  options.file_field = "file";
  options.body = R"({"input":[{"text":"{text}"}],"n":1,"key":"{key}"})";
  options.score = {"/result/score", 100};
  return options;
}

CustomOptions WithJobs() {
  CustomOptions options = Plain();
  options.state = {"/job/state", {"done"}, {"failed"}, {"queued", "running"}};
  options.polling = {"https://vendor.test/v1/jobs/{id}", "", "/job/id", 2s};
  return options;
}

struct Vendor {
  explicit Vendor(CustomOptions options = Plain()) {
    detector = detection::MakeCustom(std::move(options), http, pauses);
    REQUIRE(file.Append(AsBytes("bytes of a picture")));
  }
  Result<detection::Detection> Detect(MediaKind kind = MediaKind::kImage) {
    detection::DetectionTask task;
    task.kind = kind;
    task.trace_parent = trace_parent;
    if (kind == MediaKind::kText) {
      task.text = "He said: \"{key}\"}],\"n\":2,\\";
    } else {
      task.media_type = content::MediaType::kJpeg;
      task.file = &file;
      task.digest_hex = "abcd";
    }
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
  std::shared_ptr<detection::Detector> detector;
  std::string_view trace_parent;
};

std::string Scored(const std::string& score) {
  return R"({"job":{"id":"j1","state":"done"},"result":{"score":)" + score + "}}";
}

}  // namespace

TEST_CASE("Custom: sends a file in a form, with the configured headers and fields") {
  CustomOptions options = Plain();
  options.form_fields = {{"hash", "{sha256}"}, {"type", "{media_type}"}};
  Vendor vendor(options);
  const auto detection = vendor.Answering(200, Scored("93"));
  REQUIRE(detection);
  CHECK(detection->source.score == 93.0);
  CHECK(detection->source.raw_score == 93.0);
  CHECK(detection->source.provider == "custom");
  CHECK_FALSE(detection->source.confidence);
  CHECK(detection->cost.micros() == 4'000);
  const auto& sent = vendor.http.sent().at(0);
  CHECK(sent.request.method == "POST");
  CHECK(sent.request.url == "https://vendor.test/v1/detect");
  CHECK(sent.request.headers.at(1).second == std::string("Bearer ") + test::kTestSecret);
  const std::vector<std::pair<std::string, std::string>> form = {
      {"hash", "abcd"}, {"type", "image/jpeg"}, {"file", "bytes of a picture"}};
  CHECK(sent.form == form);
}

TEST_CASE("Custom: passes the trace of a request on where a header asks for it") {
  CustomOptions options = Plain();
  options.headers = {{"traceparent", "{traceparent}"}, {"X-Mode", "strict"}};
  Vendor vendor(options);
  vendor.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  REQUIRE(vendor.Answering(200, Scored("93")));
  vendor.trace_parent = "";
  REQUIRE(vendor.Answering(200, Scored("93")));
  using Fields = std::vector<std::pair<std::string, std::string>>;
  const auto fields = [&](std::size_t call) {
    const Fields& all = vendor.http.sent().at(call).request.headers;
    return Fields(all.begin() + 1, all.end());
  };
  const Fields traced = {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                         {"X-Mode", "strict"}};
  CHECK(fields(0) == traced);
  CHECK(fields(1) == Fields{{"X-Mode", "strict"}});  // and no empty field
}

TEST_CASE("Custom: a text stays data, whatever it holds") {
  Vendor vendor;
  REQUIRE(vendor.Answering(200, Scored("1"), MediaKind::kText));
  const auto body = ParseJson(vendor.http.sent().at(0).text);
  REQUIRE(body);
  CHECK(*AtPointer(*body, "/input/0/text") == "He said: \"{key}\"}],\"n\":2,\\");
  CHECK(*Find(*body, "n") == 1);
  CHECK(*Find(*body, "key") == test::kTestSecret);
}

TEST_CASE("Custom: a file goes alone or in base64 where the configuration says so") {
  CustomOptions options = Plain();
  options.file_field.clear();
  options.method = "PUT";
  options.endpoint.base_url = "https://vendor.test/{sha256}?k={key}";
  Vendor raw(options);
  REQUIRE(raw.Answering(200, Scored("1")));
  CHECK(raw.http.sent().at(0).text == "bytes of a picture");
  CHECK(raw.http.sent().at(0).request.method == "PUT");
  CHECK(raw.http.sent().at(0).request.url ==
        std::string("https://vendor.test/abcd?k=") + test::kTestSecret);
  CHECK(raw.http.sent().at(0).request.headers.back().second == "image/jpeg");

  options.body = R"({"file":"data:{media_type};base64,{base64}"})";
  options.headers.emplace_back("content-type", "application/x-other");
  Vendor json(options);
  REQUIRE(json.Answering(200, Scored("1")));
  CHECK(json.http.sent().at(0).text ==
        R"({"file":"data:image/jpeg;base64,Ynl0ZXMgb2YgYSBwaWN0dXJl"})");
  CHECK(json.http.sent().at(0).request.headers.back().second == "application/x-other");
}

TEST_CASE("Custom: base64 pads, and takes no file that memory should not hold") {
  CustomOptions options = Plain();
  options.file_field.clear();
  options.body = R"(["{base64}"])";
  Vendor vendor(options);
  REQUIRE(vendor.file.Append(AsBytes("s")));
  REQUIRE(vendor.Answering(200, Scored("1")));
  CHECK(vendor.http.sent().at(0).text == R"(["Ynl0ZXMgb2YgYSBwaWN0dXJlcw=="])");
  REQUIRE(vendor.file.Append(AsBytes("!")));
  REQUIRE(vendor.Answering(200, Scored("1")));
  CHECK(vendor.http.sent().at(1).text == R"(["Ynl0ZXMgb2YgYSBwaWN0dXJlcyE="])");
  REQUIRE(vendor.file.Append(AsBytes(std::string(detection::kMaxBase64File, 'x'))));
  CheckFailure(vendor.Detect(), ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(vendor.http.sent().size() == 2);
}

TEST_CASE("Custom: scales, human scores and confidence come out as 0 to 100") {
  CustomOptions options = Plain();
  options.score = {"/p", 1};
  options.score_is_human = true;
  options.confidence = {"/c", 5};
  Vendor vendor(options);
  const auto detection = vendor.Answering(200, R"({"p":0.12,"c":4})");
  REQUIRE(detection);
  CHECK(detection->source.score == 88.0);
  CHECK(detection->source.raw_score == 0.12);
  CHECK(detection->source.kind == ScoreKind::kHumanScore);
  CHECK(detection->source.confidence == 80.0);
  // A confidence that is none is left out: the verdict stands without.
  const auto unsure = vendor.Answering(200, R"({"p":1,"c":"high"})");
  REQUIRE(unsure);
  CHECK(unsure->source.score == 0.0);
  CHECK_FALSE(unsure->source.confidence);
}

TEST_CASE("Custom: a score that is none is never 0, nor is nonsense (rules J1 and J3)") {
  Vendor vendor;
  for (const std::string& score : test::NoScores()) {
    if (score == "1.01" || score == "97") continue;  // on this scale they are scores
    CAPTURE(score);
    CheckFailure(vendor.Answering(200, Scored(score)), ErrorCode::kVendorInvalidAnswer,
                 Charge::kUnknown);
  }
  CheckFailure(vendor.Answering(200, Scored("100.5")), ErrorCode::kVendorInvalidAnswer,
               Charge::kUnknown);
  for (const std::string& body : test::Nonsense()) {
    CAPTURE(body.substr(0, 20));
    CheckFailure(vendor.Answering(200, body), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("Custom: what a failure costs is configured, and unknown where it is not") {
  CustomOptions options = Plain();
  options.free_statuses = {401, 422, 429, 503};
  Vendor vendor(options);
  CheckFailure(vendor.Answering(401, ""), ErrorCode::kVendorRefused, Charge::kNone);
  CheckFailure(vendor.Answering(403, ""), ErrorCode::kVendorRefused, Charge::kUnknown);
  CheckFailure(vendor.Answering(422, test::kTestSecret), ErrorCode::kVendorRefused, Charge::kNone);
  CheckFailure(vendor.Answering(503, ""), ErrorCode::kVendorUnavailable, Charge::kNone);
  CheckFailure(vendor.Answering(500, ""), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CheckFailure(vendor.Answering(404, ""), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  CheckFailure(vendor.Answering(302, ""), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  vendor.http.Reply(429, "", {{"retry-after", "30"}});
  const auto limited = vendor.Detect();
  CheckFailure(limited, ErrorCode::kVendorUnavailable, Charge::kNone);
  CHECK(limited.error().retry_after == 30s);
}

TEST_CASE("Custom: a state decides also where the answer comes at once") {
  CustomOptions options = Plain();
  options.state = {"/ok", {"true"}, {"false"}, {"maybe"}};
  Vendor vendor(options);
  CHECK(vendor.Answering(200, R"({"ok":true,"result":{"score":5}})"));
  CheckFailure(vendor.Answering(200, R"({"ok":false,"result":{"score":5}})"),
               ErrorCode::kVendorRefused, Charge::kUnknown);
  for (const char* ok : {"\"maybe\"", "1", "null", "[]", "\"\""}) {
    CAPTURE(ok);
    CheckFailure(vendor.Answering(200, std::string(R"({"result":{"score":5},"ok":)") + ok + "}"),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
}

TEST_CASE("Custom: looks for a result by the job's id until it is there") {
  Vendor vendor(WithJobs());
  vendor.http.Reply(202, R"({"job":{"id":"a/b?c"}})");
  vendor.http.Reply(202, "");
  vendor.http.Reply(200, R"({"job":{"state":"running"},"result":{"score":0}})");
  vendor.http.Reply(200, Scored("61"));
  const auto detection = vendor.Detect();
  REQUIRE(detection);
  CHECK(detection->source.score == 61.0);
  CHECK(vendor.clock.waits == std::vector<std::chrono::milliseconds>{2s, 2s, 2s});
  const auto& look = vendor.http.sent().at(1).request;
  CHECK(look.method == "GET");
  CHECK(look.url == "https://vendor.test/v1/jobs/a%2Fb%3Fc");
  CHECK(look.given_by == "https://vendor.test/v1/jobs/{id}");  // the rule for given URLs holds
  CHECK(vendor.http.sent().at(0).request.given_by.empty());
  CHECK(look.headers.at(1).second == std::string("Bearer ") + test::kTestSecret);
}

TEST_CASE("Custom: a result that is there at once needs no look") {
  Vendor vendor(WithJobs());
  CHECK(vendor.Answering(200, Scored("61")));
  CHECK(vendor.http.sent().size() == 1);
}

TEST_CASE("Custom: after a job was accepted no failure is free") {
  Vendor vendor(WithJobs());
  const std::string accepted = R"({"job":{"id":7,"state":"queued"}})";
  const std::vector<std::pair<std::string, ErrorCode>> cases = {
      {R"({"job":{"state":"failed"}})", ErrorCode::kVendorRefused},
      {R"({"job":{"state":"cancelled"}})", ErrorCode::kVendorInvalidAnswer},
      {R"({"job":{}})", ErrorCode::kVendorInvalidAnswer},
      {R"({"job":{"state":"done"}})", ErrorCode::kVendorInvalidAnswer},
      {Scored("null"), ErrorCode::kVendorInvalidAnswer},
      {"<html>", ErrorCode::kVendorInvalidAnswer}};
  for (const auto& [body, code] : cases) {
    CAPTURE(body);
    vendor.http.Reply(202, accepted);
    CheckFailure(vendor.Answering(200, body), code, Charge::kUnknown);
  }
  vendor.http.Reply(202, accepted);
  CheckFailure(vendor.Answering(202, accepted), ErrorCode::kInternal, Charge::kUnknown);
  CHECK(vendor.http.sent().back().request.url == "https://vendor.test/v1/jobs/7");
  vendor.http.Reply(202, accepted);
  CheckFailure(vendor.Answering(401, ""), ErrorCode::kVendorRefused, Charge::kUnknown);
  CheckFailure(vendor.Answering(200, R"({"job":{"state":"queued"}})"),
               ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  CheckFailure(vendor.Answering(202, ""), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
}

TEST_CASE("Custom: a job that never ends is a time-out of unknown charge") {
  Vendor vendor(WithJobs());
  vendor.http.Reply(202, R"({"job":{"id":"j"}})");
  for (int i = 0; i < 100; ++i) vendor.http.Reply(200, R"({"job":{"state":"running"}})");
  CheckFailure(vendor.Detect(), ErrorCode::kVendorTimeout, Charge::kUnknown);
  CHECK(vendor.http.sent().size() < 40);
}

TEST_CASE("rule C7: the key goes to no other origin, whatever URL an answer names") {
  CustomOptions options = WithJobs();
  options.polling = {"", "/next", "", 2s};
  Vendor vendor(options);
  for (const char* url :
       {"https://evil.test/j", "https://vendor.test.evil.test/", "https://vendor.test@evil.test/",
        "https://vendor.test:444/j", "http://vendor.test/j", "//evil.test/j", "j", "",
        "https://vendor.test/a b", "file:///etc/passwd"}) {
    CAPTURE(url);
    CheckFailure(vendor.Answering(202, DumpJson(Json{{"next", url}})),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  CHECK(vendor.http.sent().size() == 10);
  for (const char* url : {"https://vendor.test/j/1", "/j/1"}) {
    vendor.http.Reply(202, DumpJson(Json{{"next", url}}));
    CHECK(vendor.Answering(200, Scored("1")));
    CHECK(vendor.http.sent().back().request.url == "https://vendor.test/j/1");
    CHECK(vendor.http.sent().back().request.given_by == Plain().endpoint.base_url);
  }
}

TEST_CASE("rule C7: an id of dots does not climb to another path") {
  Vendor vendor(WithJobs());
  for (const char* id : {".", ".."}) {
    CheckFailure(vendor.Answering(202, DumpJson(Json{{"job", {{"id", id}}}})),
                 ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  }
  CHECK(vendor.http.sent().size() == 2);
}

TEST_CASE("Custom: what changes the verdict changes the fingerprint; the key does not") {
  const auto fingerprint = [](const CustomOptions& options) {
    return Vendor(options).detector->Fingerprint(MediaKind::kImage);
  };
  CustomOptions other = Plain();
  other.api_key = Secret("another");
  other.endpoint.timeout = 1s;
  CHECK(fingerprint(other) == fingerprint(Plain()));
  other.score.pointer = "/other";
  CHECK(fingerprint(other) != fingerprint(Plain()));
}

TEST_CASE("Custom: takes the configured kinds only") {
  Vendor vendor;
  CHECK(vendor.detector->Accepts(MediaKind::kText));
  CHECK_FALSE(vendor.detector->Accepts(MediaKind::kVideo));
  CheckFailure(vendor.Detect(MediaKind::kVideo), ErrorCode::kVendorRefused, Charge::kNone);
  CHECK(vendor.http.sent().empty());
}

TEST_CASE("Custom: the price is for what the vendor bills, and reckons with the dearest") {
  const auto price = [](CostUnit unit, const detection::DetectionTask& task) {
    CustomOptions options = Plain();
    options.cost_unit = unit;
    return Vendor(options).detector->Price(task).micros() / 4'000;
  };
  detection::DetectionTask image;
  detection::DetectionTask text;
  text.kind = MediaKind::kText;
  std::string words;
  for (int i = 0; i < 1'001; ++i) words += "word ";
  text.text = words;
  text.characters = words.size();
  detection::DetectionTask video;
  video.kind = MediaKind::kVideo;
  for (const auto* task : {&image, &text, &video}) CHECK(price(CostUnit::kCall, *task) == 1);
  CHECK(price(CostUnit::kThousandWords, text) == 2);
  CHECK(price(CostUnit::kThousandCharacters, text) == 6);
  CHECK(price(CostUnit::kThousandWords, image) == 1);
  CHECK(price(CostUnit::kThousandCharacters, image) == 1);
  CHECK(price(CostUnit::kSecond, text) == 1);
  CHECK(price(CostUnit::kSecond, image) == 1);
  CHECK(price(CostUnit::kSecond, video) == 3'600);
  video.video_length = 90'001ms;
  CHECK(price(CostUnit::kSecond, video) == 91);
  video.video_may_be_longer = true;
  CHECK(price(CostUnit::kSecond, video) == 3'600);
  video.video_length = 2h;
  CHECK(price(CostUnit::kSecond, video) == 7'200);
}

TEST_CASE("Custom: units that the answer counts are what it costs, nonsense is not") {
  CustomOptions options = Plain();
  options.units_pointer = "/billed";
  Vendor vendor(options);
  const auto cost = [&](const std::string& billed) {
    const auto detection =
        vendor.Answering(200, R"({"result":{"score":50},"billed":)" + billed + "}");
    REQUIRE(detection);
    return detection->cost.micros();
  };
  CHECK(cost("3") == 12'000);
  CHECK(cost("0") == 0);
  CHECK(cost("0.5001") == 2'001);
  for (const char* nonsense : {"-1", "1e9", "null", R"("3")", "[]"}) {
    CAPTURE(nonsense);
    CHECK(cost(nonsense) == 4'000);
  }
}

}  // namespace custom_test
