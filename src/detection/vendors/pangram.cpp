// Pangram: texts. The vendor accepts a text as a task and judges it later.
// https://github.com/pangramlabs/pangram-sdk (docs/api/rest.rst). How sure each fact is:
// docs/detection-vendors.md.

#include <utility>

#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/placeholders.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/word_count.h"

namespace vcache::detection {
namespace pangram {
namespace {

constexpr std::string_view kName = "pangram";
/// Ten minutes, the longest time-out. The vendor's own client takes the same interval.
constexpr PollPlan kPolls{.interval = std::chrono::milliseconds(500), .max_looks = 1'200};

class Pangram final : public VendorAdapter {
 public:
  using VendorAdapter::VendorAdapter;

  bool Accepts(MediaKind kind) const noexcept override { return kind == MediaKind::kText; }
  std::string Fingerprint(MediaKind) const override { return "pangram/task/fraction_ai"; }
  /// Billed by units of 1,000 words.
  Usd Price(const DetectionTask& task) const noexcept override {
    return options_.endpoint.cost * StartedUnits(CountWords(task.text), 1000);
  }

  Result<Detection> Judge(const DetectionTask& task, Deadline until) override {
    const auto id = Submit(task, until);
    if (!id) return id.error();
    const Look look = [&](const net::HttpResponse& response) {
      return ResultIn(response, task, *id);
    };
    return Await(GetRequest(endpoint().base_url + "/task/" + *id, Key()), kPolls, look, until);
  }

 private:
  HttpHeaders Key() const { return {{"x-api-key", options_.api_key.Reveal()}}; }

  /// The paid request. Its answer names the task, which then runs.
  Result<std::string> Submit(const DetectionTask& task, Deadline until) const {
    // Without the second field the vendor may publish a page with the text.
    const auto response =
        Send(JsonRequest(endpoint().base_url + "/task", Key(),
                         Json{{"text", std::string(task.text)}, {"public_dashboard_link", false}}),
             until);
    if (!response) return response.error();
    const auto answer = ObjectOf(*response);
    if (response->status < 200 || response->status > 299) {
      return RequestError(kName, *response, answer, options_.api_key);
    }
    const auto id = answer ? AsString(Find(*answer, "task_id")) : std::nullopt;
    if (!id || !IsPlainId(*id)) return InvalidAnswer(kName, "it names no task");
    return *id;
  }

  /// Reads `stage` before any number: a failed analysis has 0 in all of them.
  std::optional<Result<Detection>> ResultIn(const net::HttpResponse& response,
                                            const DetectionTask& task,
                                            const std::string& id) const {
    const auto answer = ObjectOf(response);
    if (response.status != 200) return RequestError(kName, response, answer, options_.api_key);
    const auto stage = answer ? AsString(Find(*answer, "stage")) : std::nullopt;
    if (!stage) return InvalidAnswer(kName, "it has no stage");
    if (*stage == "STAGE_SUCCESS") return VerdictOf(*answer, task, id);
    if (*stage != "STAGE_FAILED") return std::nullopt;
    return VendorError(
        kName, ErrorCode::kVendorRefused,
        "The analysis failed" + QuotedMessage(Find(*answer, "headline"), options_.api_key) + ".",
        Charge::kUnknown);
  }

  Result<Detection> VerdictOf(const Json& answer, const DetectionTask& task,
                              const std::string& id) const {
    Detection detection;
    if (!SetScore(detection.source, Find(answer, "fraction_ai"))) {
      return InvalidAnswer(kName, "fraction_ai is no number of 0 to 1");
    }
    detection.source.kind = ScoreKind::kShare;
    detection.source.model = ShortText(AsString(Find(answer, "version")).value_or(""));
    Json details = Json::object();
    details["requestId"] = id;
    Note(details, "prediction", Find(answer, "prediction_short"));
    Note(details, "fractionAssisted", Find(answer, "fraction_ai_assisted"));
    Note(details, "fractionHuman", Find(answer, "fraction_human"));
    detection.details = DumpJson(details);
    detection.cost = Price(task);
    return detection;
  }
};

}  // namespace
}  // namespace pangram

std::shared_ptr<Detector> MakePangram(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<pangram::Pangram>(pangram::kName, std::move(options), parts);
}

}  // namespace vcache::detection
