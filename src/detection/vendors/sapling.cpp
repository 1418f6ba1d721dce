// Sapling: texts. Facts and their sources: docs/detection-vendors.md.

#include <utility>

#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"

namespace vcache::detection {
namespace sapling {
namespace {

constexpr std::string_view kName = "sapling";

class Sapling final : public OneCallDetector {
 public:
  using OneCallDetector::OneCallDetector;

  bool Accepts(MediaKind kind) const noexcept override { return kind == MediaKind::kText; }
  std::string Fingerprint(MediaKind) const override { return "sapling/v1"; }
  Usd Price(const DetectionTask& task) const noexcept override {
    return endpoint().cost * StartedUnits(task.characters, 1000);
  }

 protected:
  net::HttpRequest RequestFor(const DetectionTask& task) const override {
    // Sentence scores come from another method and need not agree; the call is faster without them.
    return JsonRequest(endpoint().base_url + "/api/v1/aidetect", {},
                       Json{{"key", options_.api_key.Reveal()},
                            {"text", std::string(task.text)},
                            {"sent_scores", false}});
  }

  Result<Detection> Interpret(const net::HttpResponse& response,
                              const DetectionTask& task) const override {
    const auto answer = ObjectOf(response);
    if (response.status != 200) return RequestError(kName, response, answer, options_.api_key);
    if (!answer) return InvalidAnswer(kName, "it is not a JSON object");
    Detection detection;
    if (!SetScore(detection.source, Find(*answer, "score"))) {
      return InvalidAnswer(kName, "score is no number of 0 to 1");
    }
    detection.cost = Price(task);
    return detection;
  }
};

}  // namespace
}  // namespace sapling

std::shared_ptr<Detector> MakeSapling(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<sapling::Sapling>(sapling::kName, std::move(options), parts);
}

}  // namespace vcache::detection
