// Sapling: texts. Facts and their sources: docs/detection-vendors.md.

#include <utility>

#include "detection/wire/one_call_detector.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "vcache/detection/vendors/vendors.h"

namespace vcache::detection {
namespace {

constexpr std::string_view kName = "sapling";

class Sapling final : public OneCallDetector {
 public:
  Sapling(VendorOptions options, net::HttpClient& http)
      : OneCallDetector(kName, std::move(options.endpoint), http),
        key_(std::move(options.api_key)) {}

  bool Accepts(MediaKind kind) const noexcept override { return kind == MediaKind::kText; }
  std::string Fingerprint(MediaKind) const override { return "sapling/v1"; }
  Usd Price(const DetectionTask& task) const noexcept override {
    return endpoint().cost * StartedUnits(task.characters, 1000);
  }

 protected:
  net::HttpRequest RequestFor(const DetectionTask& task) const override {
    // Sentence scores come from another method and need not agree; the call is faster without them.
    return JsonRequest(
        endpoint().base_url + "/api/v1/aidetect", {},
        Json{{"key", key_.Reveal()}, {"text", std::string(task.text)}, {"sent_scores", false}});
  }

  Result<Detection> Interpret(const net::HttpResponse& response,
                              const DetectionTask& task) const override {
    const auto answer = ObjectOf(response);
    if (response.status != 200) {
      return RequestError(kName, response, answer, key_);
    }
    if (!answer) return InvalidAnswer(kName, "it is not a JSON object");
    const Json* raw = Find(*answer, "score");
    const auto score = ScoreFromUnit(raw);
    if (!score) return InvalidAnswer(kName, "score is no number of 0 to 1");
    Detection detection;
    detection.source.score = score;
    detection.source.raw_score = AsNumber(raw);
    detection.cost = Price(task);
    return detection;
  }

 private:
  const Secret key_;
};

}  // namespace

std::shared_ptr<Detector> MakeSapling(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<Sapling>(std::move(options), parts.http);
}

}  // namespace vcache::detection
