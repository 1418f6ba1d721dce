// Hive, version 3 of its API ("AI-generated and deepfake content detection"): images and videos.
// https://docs.thehive.ai/reference/ai-generated-image-and-video-detection-1
// How sure each fact is: docs/detection-vendors.md.

#include <algorithm>
#include <array>
#include <utility>

#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/vendor_scores.h"

namespace vcache::detection {
namespace hive {
namespace {

constexpr std::string_view kName = "hive";

/// Classes that name no generator: the verdict, other questions, and "none".
constexpr std::array<std::string_view, 7> kNoGenerators = {
    "ai_generated", "not_ai_generated",   "deepfake", "yes_deepfake",
    "inconclusive", "inconclusive_video", "none"};

bool IsGenerator(std::string_view name) {
  return std::find(kNoGenerators.begin(), kNoGenerators.end(), name) == kNoGenerators.end();
}

/// A class's number: `value` in version 3; `score` in version 2, which some accounts reportedly
/// get.
const Json* NumberOf(const Json& entry) {
  const Json* value = Find(entry, "value");
  return value != nullptr ? value : Find(entry, "score");
}

/// Reads one moment of a video, or the image. False without its verdict.
bool ReadMoment(const Json& moment, FrameTally& tally, GeneratorScores& generators) {
  const Json* classes = Find(moment, "classes");
  if (classes == nullptr || !classes->is_array()) return false;
  bool judged = false;
  for (const Json& entry : *classes) {
    const auto name = AsString(Find(entry, "class"));
    if (!name) continue;
    if (*name == "ai_generated") {
      if (judged || !tally.Add(NumberOf(entry))) return false;
      judged = true;
    } else if (IsGenerator(*name)) {
      generators.Add(*name, NumberOf(entry));
    }
  }
  return judged;
}

/// Whether the type is in the vendor's list of formats.
bool IsTaken(content::MediaType type) {
  using enum content::MediaType;
  constexpr auto kTaken = std::to_array({kJpeg, kPng, kGif, kWebp, kMp4, kMov, k3gp, kAvi, kWebm});
  return std::find(kTaken.begin(), kTaken.end(), type) != kTaken.end();
}

class Hive final : public OneCallDetector {
 public:
  using OneCallDetector::OneCallDetector;

  bool Accepts(MediaKind kind) const noexcept override { return kind != MediaKind::kText; }
  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    if (!task.media_type || IsTaken(*task.media_type)) return {};
    return "Only JPEG, PNG, GIF, WebP, MP4, QuickTime, 3GP, AVI and WebM files are judged.";
  }
  std::string Fingerprint(MediaKind kind) const override {
    return kind == MediaKind::kVideo ? "hive/v3/ai-generated/max" : "hive/v3/ai-generated";
  }
  Usd Price(const DetectionTask&) const noexcept override { return endpoint().cost; }

 protected:
  net::HttpRequest RequestFor(const DetectionTask& task) const override {
    std::vector<net::FormField> form;
    form.push_back(FileField("media", task));
    return FormRequest(endpoint().base_url + "/hive/ai-generated-and-deepfake-content-detection",
                       {Bearer(options_.api_key)}, std::move(form));
  }

  Result<Detection> Interpret(const net::HttpResponse& response,
                              const DetectionTask& task) const override {
    const auto answer = ObjectOf(response);
    if (response.status != 200) return RequestError(kName, response, answer, options_.api_key);
    const Json* output = answer ? Find(*answer, "output") : nullptr;
    if (output == nullptr || !output->is_array() || output->empty()) {
      return InvalidAnswer(kName, "there is no output");
    }
    FrameTally tally;
    GeneratorScores generators;
    for (const Json& moment : *output) {
      if (!ReadMoment(moment, tally, generators)) {
        return InvalidAnswer(kName, "ai_generated is no number of 0 to 1");
      }
    }
    Detection detection;
    tally.FillIn(detection.source);
    if (task.kind == MediaKind::kVideo || task.pictures > 1) {
      detection.frames_analyzed = tally.count();
    } else {
      detection.source.frames.reset();
    }
    detection.source.model = ShortText(AsString(Find(*answer, "model")).value_or(""));
    detection.generators = generators.BestFirst();
    Json details = Json::object();
    Note(details, "requestId", Find(*answer, "task_id"));
    detection.details = DumpJson(details);
    detection.cost = Price(task);
    return detection;
  }
};

}  // namespace
}  // namespace hive

std::shared_ptr<Detector> MakeHive(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<hive::Hive>(hive::kName, std::move(options), parts);
}

}  // namespace vcache::detection
