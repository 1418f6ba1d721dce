// Sapling: texts. Facts and their sources: docs/detection-vendors.md.

#include <utility>

#include "detection/vendor_answer.h"
#include "vcache/detection/vendors.h"

namespace vcache::detection {
namespace {

constexpr std::string_view kName = "sapling";

class Sapling final : public Detector {
 public:
  Sapling(SaplingOptions options, net::HttpClient& http)
      : options_(std::move(options)), http_(http) {}

  std::string_view provider() const noexcept override { return kName; }
  bool Accepts(MediaKind kind) const noexcept override { return kind == MediaKind::kText; }
  std::string Fingerprint(MediaKind) const override { return "sapling/v1"; }
  std::int64_t PriceMicros(const DetectionTask& task) const noexcept override {
    return options_.endpoint.cost_micros *
           static_cast<std::int64_t>(task.characters / 1000 + (task.characters % 1000 > 0 ? 1 : 0));
  }

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override {
    if (!Accepts(task.kind)) {
      return VendorError(kName, ErrorCode::kVendorRefused, "Only texts are judged.", Charge::kNone);
    }
    net::HttpRequest request;
    request.url = options_.endpoint.base_url + "/api/v1/aidetect";
    request.timeout = options_.endpoint.timeout;
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    // Scores of sentences are made by another method and need not agree; without them it is faster.
    request.body = DumpJson(Json{{"key", options_.api_key.Reveal()},
                                 {"text", std::string(task.text)},
                                 {"sent_scores", false}});
    auto response = http_.Send(request, deadline);
    if (!response) return TransportError(kName, std::move(response).error());
    return Interpret(*response, task);
  }

 private:
  Result<Detection> Interpret(const net::HttpResponse& response, const DetectionTask& task) const {
    const auto answer = ObjectOf(response);
    if (response.status != 200) return FailureOf(response, answer ? &*answer : nullptr);
    if (!answer) return InvalidAnswer(kName, "it is not a JSON object");
    const Json* raw = Find(*answer, "score");
    const auto score = ScoreFromUnit(raw);
    if (!score) return InvalidAnswer(kName, "score is no number of 0 to 1");
    Detection detection;
    detection.source.provider = kName;
    detection.source.score = score;
    detection.source.raw_score = AsNumber(raw);
    detection.cost_micros = PriceMicros(task);
    detection.demo = options_.endpoint.sandbox;
    return detection;
  }

  Error FailureOf(const net::HttpResponse& response, const Json* answer) const {
    const Json* words = answer == nullptr ? nullptr : Find(*answer, "msg");
    const bool plain_refusal = response.status >= 400 && response.status < 500 &&
                               response.status != 401 && response.status != 403 &&
                               response.status != 429;
    if (!plain_refusal || !AsString(words)) return StatusError(kName, response);
    return VendorError(kName, ErrorCode::kVendorRefused,
                       "The text was refused" + QuotedMessage(words, options_.api_key) + ".",
                       Charge::kNone);
  }

  const SaplingOptions options_;
  net::HttpClient& http_;
};

}  // namespace

std::shared_ptr<Detector> MakeSapling(SaplingOptions options, net::HttpClient& http) {
  return std::make_shared<Sapling>(std::move(options), http);
}

}  // namespace vcache::detection
