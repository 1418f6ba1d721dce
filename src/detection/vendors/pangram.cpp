// Pangram: texts. The vendor accepts a text as a task and judges it later.
// https://github.com/pangramlabs/pangram-sdk (docs/api/rest.rst). How sure each fact is:
// docs/detection-vendors.md.

#include <utility>

#include "detection/wire/polling.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/word_count.h"
#include "vcache/detection/vendors/vendors.h"

namespace vcache::detection {
namespace {

constexpr std::string_view kName = "pangram";
/// Between two polls; the vendor's own client takes the same.
constexpr std::chrono::milliseconds kPollInterval{500};
/// Polls each half second for ten minutes, the longest time-out.
constexpr int kMaxLooks = 1'200;
constexpr std::size_t kMaxIdBytes = 128;

/// The id goes into a path unescaped: it must not choose the requested path.
bool IsTaskId(std::string_view id) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  };
  if (id.empty() || id.size() > kMaxIdBytes) return false;
  for (const char c : id) {
    if (!is_plain(c)) return false;
  }
  return true;
}

class Pangram final : public Detector {
 public:
  Pangram(VendorOptions options, net::HttpClient& http, InterruptibleTimer& pauses)
      : options_(std::move(options)), http_(http), pauses_(pauses) {}

  std::string_view provider() const noexcept override { return kName; }
  bool Accepts(MediaKind kind) const noexcept override { return kind == MediaKind::kText; }
  std::string Fingerprint(MediaKind) const override { return "pangram/task/fraction_ai"; }
  /// Billed by units of 1,000 words.
  Usd Price(const DetectionTask& task) const noexcept override {
    return options_.endpoint.cost * StartedUnits(CountWords(task.text), 1000);
  }

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override {
    if (!Accepts(task.kind)) {
      return ContentRefused(kName, "This kind of content is not judged.", Charge::kNone);
    }
    // The time-out covers the whole analysis, polls and pauses included.
    const Deadline end =
        deadline.Shortened(Deadline::After(pauses_.clock(), options_.endpoint.timeout));
    auto id = Submit(task, end);
    if (!id) return std::move(id).error();
    const Look look = [this, &task, &id = *id](const net::HttpResponse& response) {
      return ResultIn(response, task, id);
    };
    PollPlan plan;
    plan.interval = options_.poll_interval.value_or(kPollInterval);
    plan.first_pause = plan.interval;
    plan.max_looks = kMaxLooks;
    return AwaitResult({kName, LookAt(*id), look, plan}, http_, pauses_, end);
  }

 private:
  HttpHeaders Key() const { return {{"x-api-key", options_.api_key.Reveal()}}; }

  /// The paid request. Its answer names the task, which then runs.
  Result<std::string> Submit(const DetectionTask& task, Deadline deadline) {
    // Without the second field the vendor may publish a page with the text.
    net::HttpRequest request =
        JsonRequest(options_.endpoint.base_url + "/task", Key(),
                    Json{{"text", std::string(task.text)}, {"public_dashboard_link", false}});
    request.timeout = options_.endpoint.timeout;
    const auto response = http_.Send(request, deadline);
    if (!response) return TransportError(kName, response.error());
    const auto answer = ObjectOf(*response);
    if (response->status < 200 || response->status > 299) {
      return RequestError(kName, *response, answer, options_.api_key);
    }
    const auto id = answer ? AsString(Find(*answer, "task_id")) : std::nullopt;
    if (!id || !IsTaskId(*id)) return InvalidAnswer(kName, "it names no task");
    return *id;
  }

  net::HttpRequest LookAt(const std::string& id) const {
    net::HttpRequest request;
    request.method = "GET";
    request.url = options_.endpoint.base_url + "/task/" + id;
    request.headers = Key();
    request.headers.emplace_back("Accept", "application/json");
    request.timeout = options_.endpoint.timeout;
    return request;
  }

  /// Reads `stage` before any number: a failed analysis has 0 in all of them.
  std::optional<Result<Detection>> ResultIn(const net::HttpResponse& response,
                                            const DetectionTask& task,
                                            const std::string& id) const {
    const auto answer = ObjectOf(response);
    if (response.status != 200) {
      return Result<Detection>(RequestError(kName, response, answer, options_.api_key));
    }
    const auto stage = answer ? AsString(Find(*answer, "stage")) : std::nullopt;
    if (!stage) return Result<Detection>(InvalidAnswer(kName, "it has no stage"));
    if (*stage == "STAGE_SUCCESS") return VerdictOf(*answer, task, id);
    if (*stage != "STAGE_FAILED") return std::nullopt;
    return Result<Detection>(VendorError(
        kName, ErrorCode::kVendorRefused,
        "The analysis failed" + QuotedMessage(Find(*answer, "headline"), options_.api_key) + ".",
        Charge::kUnknown));
  }

  Result<Detection> VerdictOf(const Json& answer, const DetectionTask& task,
                              const std::string& id) const {
    const Json* raw = Find(answer, "fraction_ai");
    const auto score = ScoreFromUnit(raw);
    if (!score) return InvalidAnswer(kName, "fraction_ai is no number of 0 to 1");
    Detection detection;
    detection.source.provider = kName;
    detection.source.score = score;
    detection.source.raw_score = AsNumber(raw);
    detection.source.kind = ScoreKind::kShare;
    detection.source.model = ShortText(AsString(Find(answer, "version")).value_or(""));
    Json details = Json::object();
    details["requestId"] = id;
    Note(details, "prediction", Find(answer, "prediction_short"));
    Note(details, "fractionAssisted", Find(answer, "fraction_ai_assisted"));
    Note(details, "fractionHuman", Find(answer, "fraction_human"));
    detection.details = DumpJson(details);
    detection.cost = Price(task);
    detection.demo = options_.endpoint.sandbox;
    return detection;
  }

  const VendorOptions options_;
  net::HttpClient& http_;
  InterruptibleTimer& pauses_;
};

}  // namespace

std::shared_ptr<Detector> MakePangram(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<Pangram>(std::move(options), parts.http, parts.pauses);
}

}  // namespace vcache::detection
