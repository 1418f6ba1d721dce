// A vendor by configuration: the README shows how; docs/detection-vendors.md defines each variable.

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "detection/wire/base64.h"
#include "detection/wire/placeholders.h"
#include "detection/wire/polling.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/word_count.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/ascii.h"
#include "vcache/core/bytes.h"
#include "vcache/detection/vendors/custom_vendor.h"

namespace vcache::detection {
namespace custom {
namespace {

constexpr std::string_view kName = "custom";
constexpr std::size_t kMaxId = 512;
/// The time limit of one poll, so that an unresponsive vendor is polled again.
constexpr std::chrono::milliseconds kLookTimeout{15'000};

Error Refused(std::string_view sentence, Charge charge) {
  return VendorError(kName, ErrorCode::kVendorRefused, sentence, charge);
}

/// A state or an id, as written in the configuration.
std::optional<std::string> WordAt(const Json& answer, const std::string& pointer) {
  const Json* value = AtPointer(answer, pointer);
  if (value == nullptr || value->is_structured() || value->is_null()) return std::nullopt;
  if (const auto text = AsString(value)) return text;
  return DumpJson(*value);
}

bool Has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Sets the body's type, unless a configured header does.
void SetType(std::string_view type, net::HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (EqualsIgnoringCase(name, "content-type")) return;
  }
  request.headers.emplace_back("Content-Type", type);
}

constexpr std::int64_t kMostSeconds = 3'600;
/// A larger number in an answer is nonsense.
constexpr double kMostUnits = 1e6;

std::int64_t UnitsOf(CostUnit unit, const DetectionTask& task) {
  switch (unit) {
    case CostUnit::kCall:
      return 1;
    case CostUnit::kSecond: {
      if (task.kind != MediaKind::kVideo) return 1;
      const std::chrono::milliseconds known =
          task.video_length.value_or(std::chrono::milliseconds(0));
      const std::int64_t seconds = StartedUnits(known.count(), 1'000);
      const bool counted = task.video_length && !task.video_may_be_longer;
      return counted ? seconds : std::max(seconds, kMostSeconds);
    }
    case CostUnit::kThousandWords:
      if (task.kind != MediaKind::kText) return 1;
      return StartedUnits(CountWords(task.text), 1'000);
    case CostUnit::kThousandCharacters:
      if (task.kind != MediaKind::kText) return 1;
      return StartedUnits(task.characters, 1'000);
  }
  return 1;
}

/// The highest charge of a call. Billed by seconds, a video of unproven length counts as an hour.
Usd CustomPrice(const CustomOptions& options, const DetectionTask& task) noexcept {
  return options.endpoint.cost * std::max<std::int64_t>(UnitsOf(options.cost_unit, task), 1);
}

/// The charge that the answer states, if configured; otherwise that price.
Usd CustomCost(const CustomOptions& options, const DetectionTask& task,
               const Json& answer) noexcept {
  if (!options.units_pointer.empty()) {
    const auto units = AsNumber(AtPointer(answer, options.units_pointer));
    if (units && *units >= 0 && *units <= kMostUnits) {
      return Usd::FromMicros(static_cast<std::int64_t>(
          std::ceil(*units * static_cast<double>(options.endpoint.cost.micros()))));
    }
  }
  return CustomPrice(options, task);
}

class Custom final : public Detector {
 public:
  Custom(CustomOptions options, net::HttpClient& http, InterruptibleTimer& pauses)
      : options_(std::move(options)), http_(http), pauses_(pauses) {}

  std::string_view provider() const noexcept override { return kName; }
  bool Accepts(MediaKind kind) const noexcept override {
    return std::find(options_.kinds.begin(), options_.kinds.end(), kind) != options_.kinds.end();
  }
  std::string_view RefusalOf(const DetectionTask& task) const noexcept override;
  std::string Fingerprint(MediaKind) const override;
  Usd Price(const DetectionTask& task) const noexcept override {
    return CustomPrice(options_, task);
  }
  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override;

 private:
  Result<net::HttpRequest> RequestFor(const DetectionTask& task) const;
  /// With the configured headers, but for those that become empty.
  net::HttpRequest RequestTo(std::string url, std::span<const Value> values) const;
  void PutFile(const DetectionTask& task, std::span<const Value> values,
               net::HttpRequest& request) const;
  void PutText(std::span<const Value> values, net::HttpRequest& request) const;
  std::vector<net::FormField> FormFor(std::span<const Value> values) const;
  std::string BodyFor(std::span<const Value> values) const;
  bool encodes() const noexcept { return options_.body.find("{base64}") != std::string::npos; }
  bool polls() const {
    return !options_.polling.url.empty() || !options_.polling.url_pointer.empty();
  }
  Result<Detection> Follow(const net::HttpResponse& accepted, const DetectionTask& task,
                           Deadline deadline) const;
  Result<std::string> PollUrl(const Json& accepted) const;
  std::optional<Result<Detection>> LookAt(const net::HttpResponse& response,
                                          const DetectionTask& task, bool first) const;
  Result<Detection> VerdictOf(const Json& answer, const DetectionTask& task) const;
  Error FailureOf(const net::HttpResponse& response) const;

  const CustomOptions options_;
  net::HttpClient& http_;
  InterruptibleTimer& pauses_;
};

/// Everything that changes the request or its reading; not key, time limits and price.
std::string Custom::Fingerprint(MediaKind) const {
  Json all = Json::array({options_.endpoint.base_url, options_.method, options_.file_field,
                          options_.body, options_.score.pointer, options_.score.max,
                          options_.score_is_human, options_.state.pointer, options_.state.done});
  for (const auto& [name, value] : options_.form_fields) all.push_back(name + "=" + value);
  return "custom/" + content::DigestOf(AsBytes(DumpJson(all))).ToShortHex();
}

std::string_view Custom::RefusalOf(const DetectionTask& task) const noexcept {
  if (task.file == nullptr || task.file->size() <= kMaxBase64File || !encodes()) return {};
  return "The file is larger than the 10 MiB that {base64} takes.";
}

Result<Detection> Custom::Detect(const DetectionTask& task, Deadline deadline) {
  const bool has_file = task.file != nullptr && task.media_type;
  if (!Accepts(task.kind) || (task.kind != MediaKind::kText && !has_file)) {
    Error error = Refused("CUSTOM_KINDS does not have this kind of content.", Charge::kNone);
    error.public_message = "custom: This kind of content is not judged.";
    return error;
  }
  if (const std::string_view refusal = RefusalOf(task); !refusal.empty()) {
    return Refused(refusal, Charge::kNone);
  }
  const Deadline until =
      deadline.Shortened(Deadline::After(pauses_.clock(), options_.endpoint.timeout));
  const auto request = RequestFor(task);
  if (!request) return request.error();
  const auto response = http_.Send(*request, until);
  if (!response) return TransportError(kName, response.error());
  if (auto result = LookAt(*response, task, true)) return *std::move(result);
  return Follow(*response, task, until);
}

Result<net::HttpRequest> Custom::RequestFor(const DetectionTask& task) const {
  std::string base64;
  if (task.file != nullptr && encodes()) {
    auto encoded = Base64Of(*task.file->NewReader());
    if (!encoded) return encoded.error();
    base64 = std::move(*encoded);
  }
  const std::string_view type = task.media_type ? content::MediaTypeName(*task.media_type) : "";
  const std::array<Value, 6> values = {{{"text", task.text},
                                        {"base64", base64},
                                        {"media_type", type},
                                        {"sha256", task.digest_hex},
                                        {"traceparent", task.trace_parent},
                                        {"key", options_.api_key.Reveal()}}};
  net::HttpRequest request =
      RequestTo(Fill(options_.endpoint.base_url, values, Escape::kUrl), values);
  request.method = options_.method;
  request.timeout = options_.endpoint.timeout;
  if (task.kind == MediaKind::kText) {
    PutText(values, request);
  } else {
    PutFile(task, values, request);
  }
  return request;
}

net::HttpRequest Custom::RequestTo(std::string url, std::span<const Value> values) const {
  net::HttpRequest request = GetRequest(std::move(url), {});
  for (const auto& [name, value] : options_.headers) {
    std::string filled = Fill(value, values, Escape::kNone);
    if (!filled.empty()) request.headers.emplace_back(name, std::move(filled));
  }
  return request;
}

void Custom::PutFile(const DetectionTask& task, std::span<const Value> values,
                     net::HttpRequest& request) const {
  if (!options_.file_field.empty()) {
    std::vector<net::FormField> form = FormFor(values);
    form.push_back(FileField(options_.file_field, task));
    request.body = std::move(form);
  } else if (encodes()) {
    SetType("application/json", request);
    request.body = BodyFor(values);
  } else {
    SetType(content::MediaTypeName(*task.media_type), request);
    request.body = FileBody(task);
  }
}

void Custom::PutText(std::span<const Value> values, net::HttpRequest& request) const {
  if (options_.body.find("{text}") != std::string::npos) {
    SetType("application/json", request);
    request.body = BodyFor(values);
  } else {
    request.body = FormFor(values);
  }
}

std::vector<net::FormField> Custom::FormFor(std::span<const Value> values) const {
  std::vector<net::FormField> form;
  for (const auto& [name, value] : options_.form_fields) {
    form.push_back(TextField(name, Fill(value, values, Escape::kNone)));
  }
  return form;
}

std::string Custom::BodyFor(std::span<const Value> values) const {
  auto body = ParseJson(options_.body);
  if (!body) return {};  // the configuration was checked at start
  FillStrings(*body, values);
  return DumpJson(*body);
}

/// The vendor accepted the content and answers later. From here on, no error is free.
Result<Detection> Custom::Follow(const net::HttpResponse& accepted, const DetectionTask& task,
                                 Deadline deadline) const {
  const auto answer = ObjectOf(accepted);
  const auto url = answer ? PollUrl(*answer) : InvalidAnswer(kName, "it is not a JSON object");
  if (!url) return url.error();
  const std::array<Value, 2> values = {
      {{"key", options_.api_key.Reveal()}, {"traceparent", task.trace_parent}}};
  net::HttpRequest request = RequestTo(*url, values);
  request.method = "GET";
  const std::string& polled = options_.polling.url;
  request.given_by = polled.empty() ? options_.endpoint.base_url : polled;
  const PollPlan plan{.interval = options_.polling.interval, .look_timeout = kLookTimeout};
  const Look look = [&](const net::HttpResponse& response) {
    return LookAt(response, task, false);
  };
  return AwaitResult({kName, std::move(request), look, plan}, http_, pauses_, deadline);
}

/// The URL in the answer gets the API key, so it must be on the configured origin.
Result<std::string> Custom::PollUrl(const Json& accepted) const {
  const CustomPolling& polling = options_.polling;
  if (!polling.url.empty()) {
    const auto id = WordAt(accepted, polling.id_pointer);
    // Dots alone would change the path; everything else is escaped.
    if (!id || id->empty() || id->size() > kMaxId || *id == "." || *id == "..") {
      return InvalidAnswer(kName, "it has no id at " + polling.id_pointer);
    }
    const std::array<Value, 2> values = {{{"id", *id}, {"key", options_.api_key.Reveal()}}};
    return Fill(polling.url, values, Escape::kUrl);
  }
  const auto url = AsString(AtPointer(accepted, polling.url_pointer));
  if (!url || url->size() > 2048 || !IsVisible(*url)) {
    return InvalidAnswer(kName, "it has no URL at " + polling.url_pointer);
  }
  const std::string origin(OriginOf(options_.endpoint.base_url));
  if (url->starts_with('/') && !url->starts_with("//")) return origin + *url;
  if (!url->starts_with(origin + "/")) {
    return InvalidAnswer(kName, "its URL at " + polling.url_pointer + " is of another origin");
  }
  return *url;
}

/// The result, an error, or empty for "not yet". The first answer may lack the state.
std::optional<Result<Detection>> Custom::LookAt(const net::HttpResponse& response,
                                                const DetectionTask& task, bool first) const {
  if (response.status < 200 || response.status > 299) return FailureOf(response);
  const auto answer = ObjectOf(response);
  if (polls() && response.status == 202 && !first) return std::nullopt;
  if (!answer) return InvalidAnswer(kName, "it is not a JSON object");
  if (options_.state.pointer.empty()) return VerdictOf(*answer, task);
  const auto state = WordAt(*answer, options_.state.pointer);
  if (!state && polls() && first) return std::nullopt;
  if (!state) return InvalidAnswer(kName, "it has no state at " + options_.state.pointer);
  if (Has(options_.state.done, *state)) return VerdictOf(*answer, task);
  if (Has(options_.state.pending, *state)) {
    if (polls()) return std::nullopt;
    return InvalidAnswer(kName, "it is not finished");
  }
  if (Has(options_.state.failed, *state)) {
    return ContentRefused(kName,
                          "The vendor could not judge the content (" + ShortText(*state) + ").",
                          Charge::kUnknown);
  }
  return InvalidAnswer(kName, "its state is none that is configured (" + ShortText(*state) + ")");
}

Result<Detection> Custom::VerdictOf(const Json& answer, const DetectionTask& task) const {
  Detection detection;
  detection.source.provider = kName;
  const CustomNumber& score = options_.score;
  if (!SetScore(detection.source, AtPointer(answer, score.pointer), score.max)) {
    return InvalidAnswer(kName, score.pointer + " is no number on the scale");
  }
  if (options_.score_is_human) {
    detection.source.score = 100 - *detection.source.score;
    detection.source.kind = ScoreKind::kHumanScore;
  }
  if (!options_.confidence.pointer.empty()) {
    detection.source.confidence =
        ScoreFromUnit(AtPointer(answer, options_.confidence.pointer), options_.confidence.max);
  }
  detection.cost = CustomCost(options_, task, answer);
  detection.demo = options_.endpoint.sandbox;
  return detection;
}

/// The status, and its configured charge. Never quotes the body, which may contain anything.
Error Custom::FailureOf(const net::HttpResponse& response) const {
  const int status = response.status;
  const auto& free = options_.free_statuses;
  const bool is_free = std::find(free.begin(), free.end(), status) != free.end();
  const Charge charge = is_free ? Charge::kNone : Charge::kUnknown;
  const std::string words = "The vendor answered status " + std::to_string(status) + ".";
  if (status == 401 || status == 403) {
    return Refused("The credentials were refused; check CUSTOM_API_KEY and CUSTOM_HEADERS.",
                   charge);
  }
  if (IsTransient(status)) {
    Error error = VendorError(kName, ErrorCode::kVendorUnavailable, words, charge);
    error.retry_after = response.retry_after;
    return error;
  }
  if (is_free) return Refused(words, charge);
  return VendorError(kName, ErrorCode::kVendorInvalidAnswer, words, charge);
}

}  // namespace
}  // namespace custom

std::shared_ptr<Detector> MakeCustom(CustomOptions options, net::HttpClient& http,
                                     InterruptibleTimer& pauses) {
  return std::make_shared<custom::Custom>(std::move(options), http, pauses);
}

}  // namespace vcache::detection
