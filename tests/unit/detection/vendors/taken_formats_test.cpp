// What each vendor takes, by its own page (docs/detection-vendors.md): known before the call.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "json/json.h"
#include "support/jumping_clock.h"
#include "unit/detection/vendors/vendor_checks.h"
#include "vcache/core/bytes.h"
#include "vcache/detection/detector_panel.h"
#include "vcache/detection/vendors/custom_vendor.h"
#include "vcache/detection/vendors/vendors.h"

using namespace vcache;
using namespace std::chrono_literals;
using content::MediaType;
using detection::DetectionTask;
using detection::MediaKind;
using test::CheckFailure;

namespace taken_formats_test {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

struct Vendors {
  Vendors() {
    const Secret key(test::kTestSecret);
    const detection::VendorEndpoint endpoint = {"https://vendor.test", 9s, Usd::FromMicros(10'000),
                                                false};
    aiornot = detection::MakeAiOrNot({endpoint, key}, {http, pauses});
    hive = detection::MakeHive({endpoint, key}, {http, pauses});
    detection::VendorOptions of_sightengine;
    of_sightengine.endpoint = endpoint;
    of_sightengine.account = "user-1";
    of_sightengine.api_key = key;
    sightengine = detection::MakeSightengine(of_sightengine, {http, pauses});
    detection::VendorOptions of_defender;
    of_defender.endpoint = endpoint;
    of_defender.api_key = key;
    defender = detection::MakeRealityDefender(of_defender, {http, pauses});
    detection::CustomOptions of_custom;
    of_custom.endpoint = endpoint;
    of_custom.kinds = {MediaKind::kImage};
    of_custom.body = R"(["{base64}"])";
    of_custom.score = {"/p", 1};
    custom = detection::MakeCustom(of_custom, http, pauses);
  }

  DetectionTask Task(MediaType type, std::uint32_t pictures = 1) const {
    DetectionTask task;
    task.kind = content::IsVideo(type) ? MediaKind::kVideo : MediaKind::kImage;
    task.media_type = type;
    task.pictures = pictures;
    task.file = &file;
    return task;
  }
  void GrowTo(std::uint64_t size) {
    const std::string piece(kMiB, 'x');
    while (file.size() < size) {
      const std::uint64_t count = std::min<std::uint64_t>(size - file.size(), kMiB);
      REQUIRE(file.Append(AsBytes(piece).first(static_cast<std::size_t>(count))));
    }
  }
  /// Refused with a sentence that has this word in it, for nothing, by the call itself too.
  void CheckRefused(detection::Detector& vendor, const DetectionTask& task, std::string_view word) {
    const std::string reason(vendor.RefusalOf(task));
    CAPTURE(vendor.provider());
    CHECK(reason.find(word) != std::string::npos);
    const auto result = vendor.Detect(task, Deadline::Never());
    CheckFailure(result, ErrorCode::kVendorRefused, Charge::kNone);
    CHECK(result.error().message.find(reason) != std::string::npos);
    CHECK(http.sent().empty());
  }

  test::FakeHttpClient http;
  test::JumpingClock clock;
  detection::InterruptibleTimer pauses{clock};
  content::Spool file;
  std::shared_ptr<detection::Detector> aiornot, hive, sightengine, defender, custom;
};

constexpr MediaType kAll[] = {MediaType::kJpeg, MediaType::kPng,  MediaType::kWebp, MediaType::kGif,
                              MediaType::kAvif, MediaType::kHeic, MediaType::kMp4,  MediaType::kMov,
                              MediaType::kWebm, MediaType::kAvi,  MediaType::kMpeg, MediaType::k3gp,
                              MediaType::k3g2};

std::vector<MediaType> TakenBy(const Vendors& vendors, const detection::Detector& vendor,
                               std::uint32_t pictures = 1) {
  std::vector<MediaType> taken;
  for (const MediaType type : kAll) {
    if (content::IsVideo(type) && pictures > 1) continue;
    if (vendor.RefusalOf(vendors.Task(type, pictures)).empty()) taken.push_back(type);
  }
  return taken;
}

}  // namespace

TEST_CASE("Vendors: each takes the formats of its own list, and all where it has none") {
  Vendors vendors;
  CHECK(TakenBy(vendors, *vendors.sightengine) == std::vector(std::begin(kAll), std::end(kAll)));
  CHECK(TakenBy(vendors, *vendors.aiornot) ==
        std::vector{MediaType::kJpeg, MediaType::kPng, MediaType::kWebp, MediaType::kHeic,
                    MediaType::kMp4, MediaType::kMov, MediaType::kWebm, MediaType::kAvi,
                    MediaType::kMpeg, MediaType::k3gp, MediaType::k3g2});
  CHECK(TakenBy(vendors, *vendors.hive) ==
        std::vector{MediaType::kJpeg, MediaType::kPng, MediaType::kWebp, MediaType::kGif,
                    MediaType::kMp4, MediaType::kMov, MediaType::kWebm, MediaType::kAvi,
                    MediaType::k3gp});
  CHECK(TakenBy(vendors, *vendors.defender) == std::vector{MediaType::kJpeg, MediaType::kPng,
                                                           MediaType::kWebp, MediaType::kGif,
                                                           MediaType::kMp4, MediaType::kMov});
  for (const MediaType type : {MediaType::kAvif, MediaType::kHeic, MediaType::kMpeg}) {
    vendors.CheckRefused(*vendors.hive, vendors.Task(type), "WebM");
  }
}

TEST_CASE("Vendors: animations and image sequences go where the vendor's page says, or nowhere") {
  Vendors vendors;
  CHECK(TakenBy(vendors, *vendors.sightengine, 9) ==
        std::vector{MediaType::kJpeg, MediaType::kPng, MediaType::kWebp, MediaType::kGif,
                    MediaType::kAvif, MediaType::kHeic});
  CHECK(TakenBy(vendors, *vendors.aiornot, 9) ==
        std::vector{MediaType::kJpeg, MediaType::kPng, MediaType::kWebp});
  CHECK(TakenBy(vendors, *vendors.hive, 9) ==
        std::vector{MediaType::kJpeg, MediaType::kPng, MediaType::kWebp, MediaType::kGif});
  CHECK(TakenBy(vendors, *vendors.defender, 9) ==
        std::vector{MediaType::kJpeg, MediaType::kPng, MediaType::kWebp, MediaType::kGif});
  vendors.CheckRefused(*vendors.aiornot, vendors.Task(MediaType::kHeic, 2), "sequences");
  vendors.CheckRefused(*vendors.aiornot, vendors.Task(MediaType::kGif, 2), "GIF");
}

TEST_CASE("Vendors: what is too large or too long is known before the call") {
  Vendors vendors;
  auto video = vendors.Task(MediaType::kMp4);
  video.video_length = 30min;
  CHECK(vendors.sightengine->RefusalOf(video).empty());
  video.video_length = 30min + 1ms;
  vendors.CheckRefused(*vendors.sightengine, video, "30 minutes");

  vendors.GrowTo(detection::kMaxBase64File);
  CHECK(vendors.custom->RefusalOf(vendors.Task(MediaType::kPng)).empty());
  vendors.GrowTo(detection::kMaxBase64File + 1);
  vendors.CheckRefused(*vendors.custom, vendors.Task(MediaType::kPng), "10 MiB");

  const auto image = vendors.Task(MediaType::kPng);
  video = vendors.Task(MediaType::kMp4);
  vendors.GrowTo(50 * kMiB);
  CHECK(vendors.sightengine->RefusalOf(video).empty());
  CHECK(vendors.defender->RefusalOf(image).empty());
  CHECK(vendors.aiornot->RefusalOf(image).empty());
  vendors.GrowTo(50 * kMiB + 1);
  vendors.CheckRefused(*vendors.sightengine, video, "50 MB");
  vendors.CheckRefused(*vendors.defender, image, "50 MB");
  vendors.CheckRefused(*vendors.aiornot, image, "50 MB");
  CHECK(vendors.sightengine->RefusalOf(image).empty());  // no figure is published for images
  CHECK(vendors.hive->RefusalOf(video).empty());

  vendors.GrowTo(250 * kMiB);
  CHECK(vendors.defender->RefusalOf(video).empty());
  vendors.CheckRefused(*vendors.aiornot, video, "200 MB");
  vendors.GrowTo(250 * kMiB + 1);
  vendors.CheckRefused(*vendors.defender, video, "250 MB");
}

TEST_CASE("Sightengine: an animation may be billed picture by picture, and is set aside so") {
  Vendors vendors;
  auto task = vendors.Task(MediaType::kGif, 24);
  CHECK(vendors.sightengine->Price(task).micros() == 240'000);
  CHECK(vendors.sightengine->Price(vendors.Task(MediaType::kGif)).micros() == 10'000);
  const auto cost = [&](const std::string& answer) {
    vendors.http.Reply(200, answer);
    const auto detection = vendors.sightengine->Detect(task, Deadline::Never());
    REQUIRE(detection);
    CHECK(detection->source.score == 70.0);
    CHECK(vendors.http.sent().back().request.url == "https://vendor.test/check.json");
    return detection->cost.micros();
  };
  const auto image = [](const std::string& operations) {
    return R"({"status":"success","request":{)" + operations + R"(},"type":{"ai_generated":0.7}})";
  };
  CHECK(cost(image(R"("operations":3)")) == 30'000);
  CHECK(cost(image(R"("operations":120)")) == 240'000);  // five for each picture
  CHECK(cost(image(R"("operations":0)")) == 10'000);
  CHECK(cost(image("")) == 240'000);  // nobody tells
  CHECK(cost(R"({"status":"success","data":{"frames":[{"type":{"ai_generated":0.7}},)"
             R"({"type":{"ai_generated":0.2}}]}})") == 20'000);
  task.pictures = 1;
  CHECK(cost(image(R"("operations":5)")) == 10'000);
}

TEST_CASE("Hive: an animation tells of its pictures as a video does") {
  Vendors vendors;
  const std::string moment = R"({"classes":[{"class":"ai_generated","value":0.4}]})";
  vendors.http.Reply(200, R"({"output":[)" + moment + "," + moment + "]}");
  const auto detection = vendors.hive->Detect(vendors.Task(MediaType::kGif, 2), Deadline::Never());
  REQUIRE(detection);
  REQUIRE(detection->source.frames);
  CHECK(detection->source.frames->count == 2);
  CHECK(detection->frames_analyzed == 2);
  CHECK(detection->cost.micros() == 10'000);
}

TEST_CASE("DetectorPanel: who turns out not to take a content took nothing of what was set aside") {
  Vendors vendors;
  const detection::DetectorPanel panel({vendors.hive}, {}, {}, vendors.clock);
  const auto outcome = panel.Judge(vendors.Task(MediaType::kAvif), {}, Deadline::Never());
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().code == ErrorCode::kVendorRefused);
  CHECK(outcome.verdict.error().charge == Charge::kNone);
  CHECK(outcome.charges == std::vector<detection::VendorPrice>{{"hive", Usd()}});
  CHECK(outcome.paid_calls == 0);
}

}  // namespace taken_formats_test
