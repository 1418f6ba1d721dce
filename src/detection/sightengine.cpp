// Sightengine: images, and videos of up to 60 s by the synchronous endpoint.
// Facts and their sources: docs/detection-vendors.md.

#include <utility>

#include "detection/one_call_detector.h"
#include "detection/vendor_answer.h"
#include "detection/vendor_request.h"
#include "detection/vendor_scores.h"

namespace vcache::detection {
namespace {

constexpr std::string_view kName = "sightengine";
/// A clip of 60 s at one frame a second: the dearest reading of the vendor's two price pages.
constexpr std::int64_t kDearestClipFrames = 60;

Error Refusal(std::string_view sentence) {
  return VendorError(kName, ErrorCode::kVendorRefused, sentence, Charge::kNone);
}

Error Unavailable(std::string_view sentence, std::optional<std::chrono::seconds> retry_after) {
  Error error = VendorError(kName, ErrorCode::kVendorUnavailable, sentence, Charge::kNone);
  error.retry_after = retry_after;
  return error;
}

/// The failure envelope. Nothing is billed: only successful answers count.
Error FailureOf(const Json& answer, const net::HttpResponse& response, const Secret& secret) {
  const auto type = AsString(FindPath(answer, {"error", "type"})).value_or("");
  const auto code = AsInteger(FindPath(answer, {"error", "code"})).value_or(0);
  const std::string words = QuotedMessage(FindPath(answer, {"error", "message"}), secret);
  // The vendor's own sample shows a bad key as argument_error 1, live reports credentials_error.
  if (type == "credentials_error" || (type == "argument_error" && code == 1)) {
    return Refusal(
        "The credentials were refused; check SIGHTENGINE_API_USER and SIGHTENGINE_API_SECRET.");
  }
  if (type == "media_error") return Refusal("The file was refused" + words + ".");
  if (type == "plan_error") return Refusal("The model is not part of the plan" + words + ".");
  if (type == "argument_error" || type == "request_error" || type == "callback_error") {
    return Refusal("The request was refused" + words + ".");
  }
  if (type == "usage_limit" && code == 32) return QuotaError(kName, response);
  if (type == "usage_limit") {
    return Unavailable("Too many calls at once; try again later.", response.retry_after);
  }
  return Unavailable("The vendor failed; try again later.", response.retry_after);
}

std::string DetailsOf(const Json& answer) {
  Json details = Json::object();
  Note(details, "requestId", FindPath(answer, {"request", "id"}));
  Note(details, "operations", FindPath(answer, {"request", "operations"}));
  return DumpJson(details);
}

Result<Detection> ImageVerdict(const Json& answer, std::int64_t price) {
  const Json* raw = FindPath(answer, {"type", "ai_generated"});
  const auto score = ScoreFromUnit(raw);
  if (!score) return InvalidAnswer(kName, "type.ai_generated is no number of 0 to 1");
  Detection detection;
  detection.source.score = score;
  detection.source.raw_score = AsNumber(raw);
  GeneratorScores generators;
  generators.AddMap(FindPath(answer, {"type", "ai_generators"}));
  detection.generators = generators.BestFirst();
  detection.details = DetailsOf(answer);
  detection.cost_micros = price;
  return detection;
}

/// The vendor gives no score for a clip: the headline is the highest of its frames.
Result<Detection> VideoVerdict(const Json& answer, std::int64_t price) {
  const Json* frames = FindPath(answer, {"data", "frames"});
  if (frames == nullptr || !frames->is_array() || frames->empty()) {
    return InvalidAnswer(kName, "there are no frames");
  }
  FrameTally tally;
  GeneratorScores generators;
  for (const Json& frame : *frames) {
    if (!tally.Add(FindPath(frame, {"type", "ai_generated"}))) {
      return InvalidAnswer(kName, "a frame has no number of 0 to 1");
    }
    generators.AddMap(FindPath(frame, {"type", "ai_generators"}));
  }
  Detection detection;
  tally.FillIn(detection.source);
  detection.frames_analyzed = tally.count();
  detection.generators = generators.BestFirst();
  detection.details = DetailsOf(answer);
  detection.cost_micros = price * tally.count();
  return detection;
}

class Sightengine final : public OneCallDetector {
 public:
  Sightengine(SightengineOptions options, net::HttpClient& http)
      : OneCallDetector(kName, std::move(options.endpoint), http),
        user_(std::move(options.api_user)),
        secret_(std::move(options.api_secret)) {}

  bool Accepts(MediaKind kind) const noexcept override { return kind != MediaKind::kText; }
  std::string Fingerprint(MediaKind kind) const override {
    return kind == MediaKind::kVideo ? "sightengine/1.0/genai/video-sync/max"
                                     : "sightengine/1.0/genai";
  }
  std::int64_t PriceMicros(const DetectionTask& task) const noexcept override {
    return endpoint().cost_micros * (task.kind == MediaKind::kVideo ? kDearestClipFrames : 1);
  }

 protected:
  net::HttpRequest RequestFor(const DetectionTask& task) const override {
    const char* path = task.kind == MediaKind::kVideo ? "/video/check-sync.json" : "/check.json";
    // Credentials before the file, in the order of the vendor's own client: it can refuse early.
    std::vector<net::FormField> form;
    form.push_back(TextField("api_user", user_));
    form.push_back(TextField("api_secret", secret_.Reveal()));
    form.push_back(TextField("models", "genai"));
    form.push_back(FileField("media", task));
    return FormRequest(endpoint().base_url + path, {}, std::move(form));
  }

  /// `status` in the JSON decides, never the number of HTTP alone.
  Result<Detection> Interpret(const net::HttpResponse& response,
                              const DetectionTask& task) const override {
    const auto answer = ObjectOf(response);
    const auto status = answer ? AsString(Find(*answer, "status")) : std::nullopt;
    if (status == "failure") return FailureOf(*answer, response, secret_);
    if (status != "success" || response.status >= 500) {
      if (response.status != 200) return StatusError(kName, response);
      return InvalidAnswer(kName, "it has no status");
    }
    const std::int64_t price = endpoint().cost_micros;
    auto detection = task.kind == MediaKind::kVideo ? VideoVerdict(*answer, price)
                                                    : ImageVerdict(*answer, price);
    if (detection) detection->source.model = "genai";
    return detection;
  }

 private:
  const std::string user_;
  const Secret secret_;
};

}  // namespace

std::shared_ptr<Detector> MakeSightengine(SightengineOptions options, net::HttpClient& http) {
  return std::make_shared<Sightengine>(std::move(options), http);
}

}  // namespace vcache::detection
