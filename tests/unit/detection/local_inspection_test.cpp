#include "detection/local_inspection.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"
#include "support/gated_detector.h"
#include "support/provenance_files.h"
#include "vcache/detection/detector_panel.h"

using namespace vcache;
using namespace vcache::test;
using content::MediaType;
using detection::Detection;
using detection::DetectionTask;
using detection::DetectorPanel;
using detection::MediaKind;
using std::chrono::milliseconds;

namespace {

/// One vendor for everything, and a file that it is asked about.
struct Look {
  detection::PanelOutcome Judge(ProvenanceMode mode, const std::string& bytes,
                                MediaType type = MediaType::kJpeg) {
    vendor->answer = [this](const DetectionTask& task) -> Result<Detection> {
      length = task.video_length;
      return vendor->Verdict(20);
    };
    const content::Spool spool = SpoolOf(bytes);
    DetectionTask task = given;
    task.kind = content::IsVideo(type) ? MediaKind::kVideo : MediaKind::kImage;
    task.media_type = type;
    task.file = &spool;
    const detection::DetectorPanel panel = Panel(mode);
    return panel.Judge(task, panel.LookInto(task), Deadline::Never());
  }
  DetectorPanel Panel(ProvenanceMode mode) { return {{vendor}, {vendor}, {vendor}, clock, {mode}}; }

  FakeClock clock;
  std::shared_ptr<GatedDetector> vendor = std::make_shared<GatedDetector>();
  DetectionTask given;
  std::optional<milliseconds> length;  ///< What the vendor was told.
};

const std::string kGenerated = Jpeg(JumbfSegments(AiStore()));
const std::string kPhotograph =
    Jpeg(ExifSegment(ExifPacket({{0x010F, "Canon"}, {0x0110, "EOS R5"}})) +
         XmpSegment(SourceTypeXmp("digitalCapture")));

}  // namespace

TEST_CASE(
    "DetectorPanel: off, a claim is not read; reported, it stands beside the vendor's verdict") {
  Look look;
  const auto off = look.Judge(ProvenanceMode::kOff, kGenerated);
  REQUIRE(off.verdict);
  CHECK_FALSE(off.verdict->provenance);
  const auto reported = look.Judge(ProvenanceMode::kReport, kGenerated);
  REQUIRE(reported.verdict);
  REQUIRE(reported.verdict->provenance);
  CHECK(reported.verdict->provenance->claim == ProvenanceClaim::kAiGenerated);
  CHECK(reported.verdict->ai_score == 20);
  CHECK(reported.verdict->provider == "fake");
  CHECK(reported.paid_calls == 1);
  CHECK(look.vendor->calls == 2);
}

TEST_CASE("DetectorPanel: where claims decide, what declares itself generated costs nothing") {
  Look look;
  const auto outcome = look.Judge(ProvenanceMode::kDecide, kGenerated);
  REQUIRE(outcome.verdict);
  CHECK(look.vendor->calls == 0);
  CHECK(outcome.cost.micros() == 0);
  CHECK(outcome.paid_calls == 0);
  CHECK(outcome.unknown_charges == 0);
  // A budget that was set aside for it is given back.
  CHECK(outcome.charges == std::vector<detection::VendorPrice>{{"fake", Usd()}});
  CHECK(outcome.verdict->ai_score == 100);
  CHECK(outcome.verdict->provider == "provenance");
  CHECK(outcome.verdict->consensus == "1/1");
  CHECK_FALSE(outcome.verdict->confidence);
  REQUIRE(outcome.verdict->sources.size() == 1);
  CHECK(outcome.verdict->sources[0].model == "c2pa");
  CHECK(outcome.verdict->provenance->generator == "GPT-4o");
  CHECK(outcome.verdict->analyzed_at == look.clock.WallNow());
}

TEST_CASE("DetectorPanel: no other claim ever decides, a photograph's least of all") {
  Look look;
  const std::string torn = Jpeg(ExifSegment(ExifPacket({{0x010F, "Canon"}, {0x0110, "EOS R5"}})) +
                                JumbfSegments(AiStore()));
  const std::string edited =
      Jpeg(XmpSegment(SourceTypeXmp("compositeWithTrainedAlgorithmicMedia")));
  int calls = 0;
  for (const std::string& file : {kPhotograph, torn, edited, Jpeg("")}) {
    const auto outcome = look.Judge(ProvenanceMode::kDecide, file);
    REQUIRE(outcome.verdict);
    CHECK(outcome.verdict->ai_score == 20);
    CHECK(look.vendor->calls == ++calls);
  }
}

TEST_CASE("DetectorPanel: a claim decides also where no vendor is configured, and only then") {
  const content::Spool generated = SpoolOf(kGenerated);
  const content::Spool other = SpoolOf(Jpeg(""));
  FakeClock clock;
  const DetectorPanel panel({}, {}, {}, clock, {ProvenanceMode::kDecide});
  DetectionTask task;
  task.media_type = MediaType::kJpeg;
  task.file = &generated;
  CHECK(panel.Judge(task, panel.LookInto(task), Deadline::Never()).verdict);
  task.file = &other;
  const auto outcome = panel.Judge(task, panel.LookInto(task), Deadline::Never());
  REQUIRE_FALSE(outcome.verdict);
  CHECK(outcome.verdict.error().code == ErrorCode::kVendorNotConfigured);
}

TEST_CASE("DetectorPanel: the fingerprint tells that claims decide, of files only (S4)") {
  Look look;
  CHECK(look.Panel(ProvenanceMode::kReport).Fingerprint(MediaKind::kImage) == "fake/1");
  CHECK(look.Panel(ProvenanceMode::kDecide).Fingerprint(MediaKind::kImage) ==
        "provenance:1+fake/1");
  CHECK(look.Panel(ProvenanceMode::kDecide).Fingerprint(MediaKind::kText) == "fake/1");
}

TEST_CASE("DetectorPanel: a video's length reaches the vendors and the verdict, in every mode") {
  Look look;
  const auto outcome = look.Judge(ProvenanceMode::kOff, Mp4(61'000), MediaType::kMp4);
  CHECK(look.length == milliseconds(61'000));
  REQUIRE(outcome.verdict);
  REQUIRE(outcome.verdict->video);
  CHECK(outcome.verdict->video->length == milliseconds(61'000));
  CHECK(outcome.verdict->video->width == 1920U);

  look.given.video_length = milliseconds(5);  // whoever made the task knew it
  CHECK(look.Judge(ProvenanceMode::kOff, Mp4(61'000), MediaType::kMp4).verdict);
  CHECK(look.length == milliseconds(5));

  look.given.video_length.reset();
  const auto unknown = look.Judge(ProvenanceMode::kOff, FtypBox(), MediaType::kMp4);
  CHECK_FALSE(look.length);
  CHECK_FALSE(unknown.verdict->video);
  const auto image = look.Judge(ProvenanceMode::kOff, kPhotograph);
  CHECK_FALSE(image.verdict->video);
}

TEST_CASE("DetectorPanel: prices know how long the video is, and whether it may be longer") {
  Look look;
  const DetectorPanel panel = look.Panel(ProvenanceMode::kReport);
  const auto told = [&](const std::string& bytes, MediaType type) {
    const content::Spool spool = SpoolOf(bytes);
    DetectionTask task;
    task.kind = MediaKind::kVideo;
    task.media_type = type;
    task.file = &spool;
    panel.LookInto(task).AddTo(task);
    return std::pair(task.video_length, task.video_may_be_longer);
  };
  const std::optional<milliseconds> half_hour = milliseconds(1'800'000);
  CHECK(told(Mp4(1'800'000), MediaType::kMp4) == std::pair(half_hour, true));
  CHECK(told(Webm(1'800'000), MediaType::kWebm) == std::pair(half_hour, true));
  CHECK(told(FtypBox(), MediaType::kMp4).second);
  const std::string track =
      Box("trak", Box("mdia", Box("mdhd", Zeros(12) + Be(1000, 4) + Be(5'000, 4) + Zeros(4)) +
                                  Box("minf", Box("stbl", Box("stts", Zeros(4) + Be(1, 4) +
                                                                          Be(10, 4) + Be(500, 4)) +
                                                              Box("stsz", Zeros(8) + Be(10, 4))))));
  CHECK(told(FtypBox() + Box("moov", MvhdBox(1000, 5'000) + track), MediaType::kMp4) ==
        std::pair(std::optional(milliseconds(5'000)), false));
}

TEST_CASE("DetectorPanel: a look is made once, and who judges by it reads nothing more") {
  Look look;
  const DetectorPanel panel = look.Panel(ProvenanceMode::kDecide);
  detection::LocalInspection found;
  found.provenance.emplace();
  found.provenance->claim = ProvenanceClaim::kAiGenerated;
  found.provenance->by = {"c2pa"};
  CHECK(panel.Decides(found));
  CHECK_FALSE(panel.Decides({}));
  CHECK_FALSE(look.Panel(ProvenanceMode::kReport).Decides(found));
  // The file itself says nothing: what was found before is what counts.
  const content::Spool silent = SpoolOf(Jpeg(""));
  DetectionTask task;
  task.media_type = MediaType::kJpeg;
  task.file = &silent;
  const auto outcome = panel.Judge(task, found, Deadline::Never());
  REQUIRE(outcome.verdict);
  CHECK(outcome.verdict->provider == "provenance");
  const content::Spool generated = SpoolOf(kGenerated);
  task.file = &generated;
  CHECK(panel.Judge(task, detection::LocalInspection{}, Deadline::Never()).verdict->provider ==
        "fake");
  CHECK(look.vendor->calls == 1);
}

TEST_CASE("LookAt: a text has nothing to look at") {
  const auto look = detection::LookAt(DetectionTask{}, ProvenanceMode::kDecide);
  CHECK_FALSE(look.provenance);
  CHECK_FALSE(look.video);
}
