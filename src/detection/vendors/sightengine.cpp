// Sightengine: images, videos of up to 60 s by the synchronous endpoint, longer ones by the
// asynchronous one. Facts and their sources: docs/detection-vendors.md.

#include <algorithm>
#include <utility>

#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/vendor_scores.h"
#include "vcache/core/hex.h"

namespace vcache::detection {
namespace sightengine {
namespace {

constexpr std::string_view kName = "sightengine";
/// A clip of 60 s at one frame a second: the highest reading of the vendor's two price pages.
constexpr std::int64_t kDearestClipFrames = 60;
/// The limit of the synchronous endpoint (the page "synchronous or asynchronous moderation").
constexpr std::chrono::milliseconds kLongestClip = std::chrono::seconds(60);
/// Decides for a video of unknown length: about a minute at two megabits a second.
constexpr std::uint64_t kLargestClip = 16ULL * 1024 * 1024;
/// By default, the vendor analyses at most half an hour of a video.
constexpr std::int64_t kMostFrames = 1'800;
/// Longer videos need another plan (the page on lengths): some frames would be paid for nothing.
constexpr std::chrono::milliseconds kLongestVideo = std::chrono::minutes(30);
/// The limit of a direct upload (the same page).
constexpr std::uint64_t kLargestVideo = 50ULL * 1024 * 1024;
constexpr std::size_t kMaxJobId = 128;

/// A larger number in an answer is nonsense.
constexpr std::int64_t kMostOperations = 1'000'000;

/// The price of an image or a frame, and the operations that it covers; 0: ignore the report.
struct Tariff {
  Usd price;
  std::int64_t operations = 0;
};

bool IsLong(const DetectionTask& task) {
  if (task.kind != MediaKind::kVideo) return false;
  return task.video_length ? *task.video_length > kLongestClip
                           : task.file != nullptr && task.file->size() > kLargestClip;
}

Error Refusal(std::string_view sentence) {
  return VendorError(kName, ErrorCode::kVendorRefused, sentence, Charge::kNone);
}

Error Unavailable(std::string_view sentence, std::optional<std::chrono::seconds> retry_after) {
  Error error = VendorError(kName, ErrorCode::kVendorUnavailable, sentence, Charge::kNone);
  error.retry_after = retry_after;
  return error;
}

/// The failure envelope. The vendor bills only successful answers.
Error FailureOf(const Json& answer, const net::HttpResponse& response, const Secret& secret) {
  const auto type = AsString(FindPath(answer, {"error", "type"})).value_or("");
  const auto code = AsInteger(FindPath(answer, {"error", "code"})).value_or(0);
  const std::string words = QuotedMessage(FindPath(answer, {"error", "message"}), secret);
  // The vendor's sample shows argument_error 1 for a bad key; live reports show credentials_error.
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

/// Reads the answer to a call without models and media. The vendor must refuse it (0 operations),
/// and checks the credentials first. Bad ones give `credentials_error` or `argument_error` 1; a
/// missing argument may give that too, so the message must name the credentials.
CredentialCheck ReadRefusal(const net::HttpResponse& response, const Json& answer) {
  const Json* error = Find(answer, "error");
  if (AsString(Find(answer, "status")) != "failure" || error == nullptr) {
    return OddAnswer(kName, response);
  }
  const auto type = AsString(Find(*error, "type")).value_or("");
  const bool doubtful = AsInteger(Find(*error, "code")).value_or(1) == 1;
  const auto message = AsString(Find(*error, "message")).value_or("");
  const bool names_them = message.find("API user") != std::string::npos ||
                          message.find("API secret") != std::string::npos ||
                          message.find("api_user") != std::string::npos ||
                          message.find("api_secret") != std::string::npos;
  if (type == "credentials_error" || (type == "argument_error" && doubtful && names_them)) {
    return RefusedBy(
        kName,
        "The credentials were refused; check SIGHTENGINE_API_USER and SIGHTENGINE_API_SECRET.");
  }
  if (type == "argument_error" && !doubtful && !names_them) return {CredentialState::kAccepted};
  return OddAnswer(kName, response);
}

std::string DetailsOf(const Json& answer) {
  Json details = Json::object();
  Note(details, "requestId", FindPath(answer, {"request", "id"}));
  Note(details, "operations", FindPath(answer, {"request", "operations"}));
  return DumpJson(details);
}

/// The charge: the larger of the judged units and the reported operations, which the vendor bills.
Usd CostOf(std::int64_t judged, const Json* operations, const Tariff& tariff) {
  std::int64_t units = judged;
  const auto told = AsInteger(operations);
  if (told && tariff.operations > 0 && *told > 0 && *told <= kMostOperations) {
    units = std::max(units, StartedUnits(*told, tariff.operations));
  }
  return tariff.price * units;
}

Result<Detection> ImageVerdict(const Json& answer, std::uint32_t pictures, const Tariff& tariff) {
  Detection detection;
  if (!SetScore(detection.source, FindPath(answer, {"type", "ai_generated"}))) {
    return InvalidAnswer(kName, "type.ai_generated is no number of 0 to 1");
  }
  GeneratorScores generators;
  generators.AddMap(FindPath(answer, {"type", "ai_generators"}));
  detection.generators = generators.BestFirst();
  detection.details = DetailsOf(answer);
  const Json* operations = FindPath(answer, {"request", "operations"});
  // Each analysed picture is at least one operation; without a report, assume all.
  const std::int64_t judged =
      std::clamp<std::int64_t>(AsInteger(operations).value_or(pictures), 1, pictures);
  detection.cost = CostOf(judged, operations, tariff);
  return detection;
}

/// The vendor gives a clip no score: the headline is its highest frame.
Result<Detection> VideoVerdict(const Json& answer, const Json* frames, const Json* operations,
                               const Tariff& tariff) {
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
  detection.cost = CostOf(tally.count(), operations, tariff);
  return detection;
}

/// For a long video; the vendor limits how often.
constexpr PollPlan kPolls{.interval = std::chrono::seconds(3),
                          .look_timeout = std::chrono::seconds(15)};

class Sightengine final : public VendorAdapter {
 public:
  using VendorAdapter::VendorAdapter;

  bool Accepts(MediaKind kind) const noexcept override { return kind != MediaKind::kText; }
  std::string Fingerprint(MediaKind kind) const override {
    // Both endpoints sample frames and use the same model.
    return kind == MediaKind::kVideo ? "sightengine/1.0/genai/video-sync/max"
                                     : "sightengine/1.0/genai";
  }
  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    if (task.kind != MediaKind::kVideo) return {};
    if (task.video_length && *task.video_length > kLongestVideo) {
      return "Videos of up to 30 minutes are judged.";
    }
    if (task.file != nullptr && task.file->size() > kLargestVideo) {
      return "Videos of up to 50 MB are judged.";
    }
    return {};
  }
  Usd Price(const DetectionTask& task) const noexcept override {
    if (task.kind != MediaKind::kVideo) return options_.endpoint.cost * task.pictures;
    // One frame a second; for an unproven length, as many as the endpoint takes.
    const std::int64_t most = IsLong(task) ? kMostFrames : kDearestClipFrames;
    if (!task.video_length || task.video_may_be_longer) return options_.endpoint.cost * most;
    const auto frames = std::chrono::ceil<std::chrono::seconds>(*task.video_length).count();
    return options_.endpoint.cost * std::clamp<std::int64_t>(frames, 1, most);
  }

  Result<Detection> Judge(const DetectionTask& task, Deadline until) override {
    const auto response = Send(RequestFor(task), until);
    if (!response) return response.error();
    auto detection = IsLong(task) ? Follow(*response, until) : Interpret(*response, task);
    if (detection) detection->source.model = "genai";
    return detection;
  }

  CredentialCheck CheckCredentials(Deadline deadline) override {
    return Ask(FormRequest(endpoint().base_url + "/check.json", {}, CredentialFields()), deadline,
               ReadRefusal);
  }

 private:
  Tariff TariffNow() const { return {options_.endpoint.cost, options_.operations_per_image}; }

  std::vector<net::FormField> CredentialFields() const {
    return {TextField("api_user", options_.account),
            TextField("api_secret", options_.api_key.Reveal())};
  }

  net::HttpRequest RequestFor(const DetectionTask& task) const {
    const char* path = IsLong(task)                     ? "/video/check.json"
                       : task.kind == MediaKind::kVideo ? "/video/check-sync.json"
                                                        : "/check.json";
    // Credentials precede the file, as in the vendor's own client: the vendor can refuse early.
    std::vector<net::FormField> form = CredentialFields();
    form.push_back(TextField("models", "genai"));
    form.push_back(FileField("media", task));
    return FormRequest(endpoint().base_url + path, {}, std::move(form));
  }

  /// The JSON's `status` decides, never the HTTP status alone.
  Result<Json> SuccessOf(const net::HttpResponse& response) const {
    auto answer = ObjectOf(response);
    const auto status = answer ? AsString(Find(*answer, "status")) : std::nullopt;
    if (status == "failure") return FailureOf(*answer, response, options_.api_key);
    if (status != "success" || response.status >= 500) {
      if (response.status != 200) return StatusError(kName, response);
      return InvalidAnswer(kName, "it has no status");
    }
    return *std::move(answer);
  }

  Result<Detection> Interpret(const net::HttpResponse& response, const DetectionTask& task) const {
    const auto answer = SuccessOf(response);
    if (!answer) return answer.error();
    const Json* frames = FindPath(*answer, {"data", "frames"});
    // The vendor judges an animation picture by picture; the format of that answer is undocumented.
    const bool by_frames =
        task.kind == MediaKind::kVideo || (task.pictures > 1 && frames != nullptr);
    if (!by_frames) return ImageVerdict(*answer, task.pictures, TariffNow());
    return VideoVerdict(*answer, frames, FindPath(*answer, {"request", "operations"}), TariffNow());
  }

  /// The vendor accepted the video; its frames come later. From here on, no error is free.
  Result<Detection> Follow(const net::HttpResponse& accepted, Deadline until) const {
    const auto answer = SuccessOf(accepted);
    if (!answer) return answer.error();
    const auto id = AsString(FindPath(*answer, {"media", "id"}));
    if (!id || id->empty() || id->size() > kMaxJobId) {
      return InvalidAnswer(kName, "it has no media.id");
    }
    net::HttpRequest request;
    request.method = "GET";
    // The vendor's page puts this call's credentials into the query; the URL is never logged.
    request.url = options_.endpoint.base_url + "/video/byid.json?id=" + PercentEncode(*id) +
                  "&api_user=" + PercentEncode(options_.account) +
                  "&api_secret=" + PercentEncode(options_.api_key.Reveal());
    const Look look = [&](const net::HttpResponse& response) { return LookAt(response, *id); };
    return Await(std::move(request), kPolls, look, until);
  }

  std::optional<Result<Detection>> LookAt(const net::HttpResponse& response,
                                          const std::string& id) const {
    const auto answer = SuccessOf(response);
    if (!answer) return answer.error();
    const auto media = AsString(FindPath(*answer, {"output", "media", "id"}));
    if (media && *media != id) return InvalidAnswer(kName, "it is of another video");
    const Json* data = FindPath(*answer, {"output", "data"});
    const auto status = data == nullptr ? std::nullopt : AsString(Find(*data, "status"));
    if (status == "ongoing") return std::nullopt;  // also with a progress of 1
    if (status == "failure" || status == "stopped") {
      return ContentRefused(kName, "The video could not be judged.", Charge::kUnknown);
    }
    if (status != "finished") return InvalidAnswer(kName, "the job's state is none that is known");
    // Some frames are no verdict on the whole: decide by the state.
    return VideoVerdict(*answer, Find(*data, "frames"), Find(*data, "operations"), TariffNow());
  }
};

}  // namespace
}  // namespace sightengine

std::shared_ptr<Detector> MakeSightengine(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<sightengine::Sightengine>(sightengine::kName, std::move(options), parts);
}

}  // namespace vcache::detection
