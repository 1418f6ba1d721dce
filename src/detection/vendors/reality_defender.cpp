// Reality Defender: images and videos, uploaded to a signed URL and judged later.
// Facts and their sources: docs/detection-vendors.md.

#include <algorithm>
#include <utility>

#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/placeholders.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"

namespace vcache::detection {
namespace reality_defender {
namespace {

constexpr std::string_view kName = "realitydefender";
/// The time limit of a small request, so that an unresponsive vendor is asked again.
constexpr std::chrono::milliseconds kShortCall{15'000};

/// The limits of the vendor's client.
constexpr std::uint64_t kMaxVideoBytes = 250ULL * 1024 * 1024;
constexpr std::uint64_t kMaxImageBytes = 50ULL * 1024 * 1024;

/// The vendor recognises types by the file name's extension; this is its client's list.
std::string_view EndingOf(content::MediaType type) {
  switch (type) {
    case content::MediaType::kJpeg:
      return "jpg";
    case content::MediaType::kPng:
      return "png";
    case content::MediaType::kGif:
      return "gif";
    case content::MediaType::kWebp:
      return "webp";
    case content::MediaType::kMp4:
      return "mp4";
    case content::MediaType::kMov:
      return "mov";
    default:
      return "";
  }
}

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// `code` in the envelope is more precise than the status: a used-up quota is a 400.
Error FailureOf(const net::HttpResponse& response) {
  const auto answer = ObjectOf(response);
  const auto code = answer ? AsString(Find(*answer, "code")) : std::nullopt;
  if (!code || response.status >= 500) return StatusError(kName, response);
  if (*code == "upload-limit-reached") return QuotaError(kName, response);
  const int status = response.status;
  if (status == 401 || status == 403 || status == 429) return StatusError(kName, response);
  return VendorError(kName, ErrorCode::kVendorRefused,
                     "The request was refused (" + ShortText(*code) + ").", Charge::kNone);
}

/// The vendor's own client takes the same interval.
constexpr PollPlan kPolls{.first_pause = std::chrono::seconds(2),
                          .interval = std::chrono::seconds(5),
                          .look_timeout = kShortCall};

class RealityDefender final : public VendorAdapter {
 public:
  using VendorAdapter::VendorAdapter;

  bool Accepts(MediaKind kind) const noexcept override { return kind != MediaKind::kText; }
  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    if (!task.media_type || EndingOf(*task.media_type).empty()) {
      return "Only JPEG, PNG, GIF, WebP, MP4 and QuickTime files are judged.";
    }
    const bool is_video = content::IsVideo(*task.media_type);
    if (task.file == nullptr) return {};
    if (is_video && task.file->size() > kMaxVideoBytes) {
      return "Videos of up to 250 MB are judged.";
    }
    if (!is_video && task.file->size() > kMaxImageBytes) return "Images of up to 50 MB are judged.";
    return {};
  }
  std::string Fingerprint(MediaKind) const override { return "realitydefender/realapi/final"; }
  Usd Price(const DetectionTask&) const noexcept override { return options_.endpoint.cost; }

  Result<Detection> Judge(const DetectionTask& task, Deadline until) override {
    const auto place = Announce(EndingOf(*task.media_type), until);
    if (!place) return place.error();
    if (const auto uploaded = Upload(task, place->signed_url, until); !uploaded) {
      return uploaded.error();
    }
    const std::string& id = place->request_id;
    const Look look = [&](const net::HttpResponse& response) { return LookAt(response, id); };
    return Await(GetRequest(endpoint().base_url + "/api/media/users/" + id, Key()), kPolls, look,
                 until);
  }

 private:
  /// The upload URL, and the id of the result.
  struct Place {
    std::string signed_url;
    std::string request_id;
  };

  HttpHeaders Key() const { return {{"X-API-KEY", options_.api_key.Reveal()}}; }

  Result<Place> Announce(std::string_view ending, Deadline until) const {
    // Never disclose the user's file name.
    const auto response = Send(JsonRequest(endpoint().base_url + "/api/files/aws-presigned", Key(),
                                           Json{{"fileName", "upload." + std::string(ending)}}),
                               until, kShortCall);
    if (!response) return response.error();
    if (response->status < 200 || response->status > 299) return FailureOf(*response);
    const auto answer = ObjectOf(*response);
    const auto url = answer ? AsString(FindPath(*answer, {"response", "signedUrl"})) : std::nullopt;
    const auto id = answer ? AsString(Find(*answer, "requestId")) : std::nullopt;
    if (!id || !IsPlainId(*id)) return InvalidAnswer(kName, "it has no requestId");
    if (!url || !MayUploadTo(*url)) return InvalidAnswer(kName, "it has no safe signedUrl");
    return Place{*url, *id};
  }

  /// The URL comes from the vendor's answer: the upload must use TLS, unless the vendor itself does
  /// not (a sandbox). The HTTP client checks the host's address.
  bool MayUploadTo(const std::string& url) const {
    return url.starts_with("https://") ||
           url.starts_with(std::string(OriginOf(options_.endpoint.base_url)) + "/");
  }

  Result<void> Upload(const DetectionTask& task, const std::string& url, Deadline until) const {
    net::HttpRequest request;
    request.method = "PUT";
    request.url = url;
    request.given_by = options_.endpoint.base_url;
    // No API key: the storage belongs to a third party, and the URL is signed.
    request.headers = {{"Content-Type", "application/octet-stream"}};
    request.body = FileBody(task);
    const auto response = Send(std::move(request), until);
    if (!response) return response.error();
    if (response->status >= 200 && response->status <= 299) return {};
    // A storage that refused the upload kept nothing, so there is nothing to charge.
    const bool refused = response->status >= 400 && response->status < 500;
    return VendorError(
        kName, ErrorCode::kVendorUnavailable,
        "The upload was answered with status " + std::to_string(response->status) + ".",
        refused ? Charge::kNone : Charge::kUnknown);
  }

  std::optional<Result<Detection>> LookAt(const net::HttpResponse& response,
                                          const std::string& id) const {
    if (response.status == 404) return std::nullopt;  // not there yet, or unknown
    if (response.status != 200) return FailureOf(response);
    const auto answer = ObjectOf(response);
    const Json* summary = answer ? Find(*answer, "resultsSummary") : nullptr;
    if (!answer || (summary == nullptr && Find(*answer, "requestId") == nullptr)) {
      return InvalidAnswer(kName, "it is no result");
    }
    if (summary == nullptr || summary->is_null()) return std::nullopt;
    const std::string status = AsString(Find(*summary, "status")).value_or("");
    if (IsOneOf(status, {"ANALYZING", "PROCESSING", "QUEUED", "UPLOADED", "UPLOADING"})) {
      return std::nullopt;
    }
    if (IsOneOf(status, {"NOT_APPLICABLE", "UNABLE_TO_EVALUATE"})) {
      return ContentRefused(kName, "The vendor could not judge the file (" + status + ").",
                            Charge::kUnknown);
    }
    if (!IsOneOf(status, {"AUTHENTIC", "FAKE", "MANIPULATED", "SUSPICIOUS"})) {
      return InvalidAnswer(kName, "its status is none that is known");
    }
    return VerdictOf(*summary, status, id);
  }

  Result<Detection> VerdictOf(const Json& summary, const std::string& status,
                              const std::string& id) const {
    const auto score = AsNumber(FindPath(summary, {"metadata", "finalScore"}));
    if (!score || !IsScore(*score)) {
      return InvalidAnswer(kName, "finalScore is no number of 0 to 100");
    }
    Detection detection;
    detection.source.score = score;
    detection.source.raw_score = score;
    detection.source.kind = ScoreKind::kEnsemble;
    detection.details = DumpJson(Json{{"requestId", id}, {"status", status}});
    detection.cost = options_.endpoint.cost;
    return detection;
  }
};

}  // namespace
}  // namespace reality_defender

std::shared_ptr<Detector> MakeRealityDefender(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<reality_defender::RealityDefender>(reality_defender::kName,
                                                             std::move(options), parts);
}

}  // namespace vcache::detection
