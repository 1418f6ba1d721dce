// AI or Not, version 2 of its API: images, videos and texts.
// https://docs.aiornot.com/api-reference/reports-by-modality/image (and /video, /text)
// How sure each fact is: docs/detection-vendors.md.

#include <utility>

#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/vendor_scores.h"

namespace vcache::detection {
namespace aiornot {
namespace {

constexpr std::string_view kName = "aiornot";
constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kMaxImageBytes = 50 * kMiB;
constexpr std::uint64_t kMaxVideoBytes = 200 * kMiB;
constexpr std::size_t kMinCharacters = 250;
constexpr std::size_t kMaxCharacters = 500'000;

/// The one report that the adapter requests. The vendor bills each report.
struct Report {
  const char* name;
  const char* field;  ///< The form field.
  const char* path;
};

const Report& ReportFor(MediaKind kind) {
  static constexpr Report kImage{"ai_generated", "image", "/v2/image/sync?only=ai_generated"};
  static constexpr Report kVideo{"ai_video", "video", "/v2/video/sync?only=ai_video"};
  static constexpr Report kText{"ai_text", "text", "/v2/text/sync"};
  switch (kind) {
    case MediaKind::kImage:
      return kImage;
    case MediaKind::kVideo:
      return kVideo;
    case MediaKind::kText:
      return kText;
  }
  return kText;
}

/// The vendor writes generators as numbers or as `{"is_detected", "confidence"}`.
std::vector<std::pair<std::string, double>> GeneratorsOf(const Json* map) {
  GeneratorScores generators;
  if (map == nullptr || !map->is_object()) return {};
  for (const auto& [name, value] : map->get_ref<const Json::object_t&>()) {
    generators.Add(name, value.is_object() ? Find(value, "confidence") : &value);
  }
  return generators.BestFirst();
}

/// Whether the number contradicts `is_detected`. The vendor's pages do not state whether a text's
/// or video's number is the probability of AI or of `is_detected`: if both differ, there is no
/// verdict.
bool AreAtOdds(const Json& report, double score) {
  const auto detected = AsBool(Find(report, "is_detected"));
  return detected && *detected != (score >= 50);
}

class AiOrNot final : public OneCallDetector {
 public:
  using OneCallDetector::OneCallDetector;

  bool Accepts(MediaKind) const noexcept override { return true; }
  std::string Fingerprint(MediaKind kind) const override {
    return std::string("aiornot/v2/") + ReportFor(kind).name;
  }
  Usd Price(const DetectionTask&) const noexcept override { return endpoint().cost; }

  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    if (task.kind == MediaKind::kText) {
      const bool fits = task.characters >= kMinCharacters && task.characters <= kMaxCharacters;
      return fits ? "" : "Texts of 250 to 500,000 characters are judged.";
    }
    if (task.file == nullptr) return {};
    if (task.kind == MediaKind::kVideo) {
      return task.file->size() <= kMaxVideoBytes ? "" : "Videos of up to 200 MB are judged.";
    }
    if (task.media_type == content::MediaType::kGif ||
        task.media_type == content::MediaType::kAvif) {
      return "GIF and AVIF images are not judged.";
    }
    // The vendor lists `heic` and `heif`; a sequence is another format (`heics`, `heifs`).
    if (task.media_type == content::MediaType::kHeic && task.pictures > 1) {
      return "Image sequences are not judged.";
    }
    return task.file->size() <= kMaxImageBytes ? "" : "Images of up to 50 MB are judged.";
  }

  /// Asking for the balance is free; the vendor's own client checks a key by it.
  CredentialCheck CheckCredentials(Deadline deadline) override {
    return Ask(GetRequest(endpoint().base_url + "/v2/billing/balance", {Bearer(options_.api_key)}),
               deadline, ReadBalance);
  }

 protected:
  net::HttpRequest RequestFor(const DetectionTask& task) const override {
    const Report& report = ReportFor(task.kind);
    std::vector<net::FormField> form;
    form.push_back(task.kind == MediaKind::kText ? TextField(report.field, std::string(task.text))
                                                 : FileField(report.field, task));
    return FormRequest(endpoint().base_url + report.path, {Bearer(options_.api_key)},
                       std::move(form));
  }

  Result<Detection> Interpret(const net::HttpResponse& response,
                              const DetectionTask& task) const override {
    const auto answer = ObjectOf(response);
    if (response.status != 200) return FailureOf(response, answer);
    if (!answer) return InvalidAnswer(kName, "it is not a JSON object");
    const char* name = ReportFor(task.kind).name;
    const auto state =
        AsString(FindPath(*answer, {"report", "meta", "processing_status", name})).value_or("");
    if (state == "rejected") {
      return ContentRefused(kName, "The content was rejected.", Charge::kUnknown);
    }
    if (state == "errored") {
      return VendorError(kName, ErrorCode::kVendorUnavailable, "The analysis failed at the vendor.",
                         Charge::kUnknown);
    }
    const Json* report = FindPath(*answer, {"report", name});
    if (report == nullptr) return InvalidAnswer(kName, "the report is missing");
    return Read(*answer, *report, task);
  }

 private:
  static CredentialCheck ReadBalance(const net::HttpResponse& response, const Json& answer) {
    if (response.status == 200 && !answer.empty()) return {CredentialState::kAccepted};
    const bool explained = Find(answer, "detail") != nullptr;
    if ((response.status == 401 || response.status == 403) && explained) {
      return RefusedBy(kName, "The key was refused; check AIORNOT_API_KEY.");
    }
    const auto message = AsString(Find(answer, "message")).value_or("");
    if (response.status == 404 && message.find("illing") != std::string::npos) {
      return {CredentialState::kAccepted,
              "aiornot: The key is good, but its account has no billing; set it up at the vendor."};
    }
    return OddAnswer(kName, response);
  }

  Result<Detection> Read(const Json& answer, const Json& report, const DetectionTask& task) const {
    const bool image = task.kind == MediaKind::kImage;
    const Json* raw = image ? FindPath(report, {"ai", "confidence"}) : Find(report, "confidence");
    Detection detection;
    if (!SetScore(detection.source, raw)) {
      return InvalidAnswer(kName, "confidence is no number of 0 to 1");
    }
    if (!image && AreAtOdds(report, *detection.source.score)) {
      return InvalidAnswer(kName, "confidence and is_detected are at odds");
    }
    detection.generators = GeneratorsOf(Find(report, "generator"));
    Json details = Json::object();
    Note(details, "requestId", Find(answer, "id"));
    Note(details, "verdict", Find(report, "verdict"));
    Note(details, "duration", FindPath(answer, {"report", "meta", "duration"}));
    detection.details = DumpJson(details);
    detection.cost = Price(task);
    return detection;
  }

  /// A 404 concerns the account, not the path: the key is valid, but has no billing account.
  Error FailureOf(const net::HttpResponse& response, const std::optional<Json>& answer) const {
    if (response.status == 404 && answer && AsString(Find(*answer, "message"))) {
      return VendorError(kName, ErrorCode::kVendorRefused,
                         "The account was not found; check AIORNOT_API_KEY and its billing.",
                         Charge::kNone);
    }
    return RequestError(kName, response, answer, options_.api_key);
  }
};

}  // namespace
}  // namespace aiornot

std::shared_ptr<Detector> MakeAiOrNot(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<aiornot::AiOrNot>(aiornot::kName, std::move(options), parts);
}

}  // namespace vcache::detection
