// Copyleaks: texts. Facts and their sources: docs/detection-vendors.md.

#include <utility>

#include "detection/vendors/copyleaks_login.h"
#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/word_count.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

namespace vcache::detection {
namespace copyleaks {
namespace {

constexpr std::string_view kName = "copyleaks";
constexpr std::int64_t kWordsOfACredit = 250;
constexpr std::int64_t kMaxCredits = 100'000;
/// The vendor refuses shorter and longer texts, after a login and a request.
constexpr std::size_t kMinCharacters = 255;
constexpr std::size_t kMaxCharacters = 25'000;
/// The vendor takes 3 to 36 characters.
constexpr std::size_t kScanIdSize = 32;

/// The error envelope (types and codes are documented). Request errors are not billed.
Error FailureOf(const net::HttpResponse& response, const Secret& key) {
  const auto answer = ObjectOf(response);
  const Json* error = answer ? Find(*answer, "error") : nullptr;
  const auto type = error == nullptr ? "" : AsString(Find(*error, "type")).value_or("");
  const auto code = error == nullptr ? 0 : AsInteger(Find(*error, "code")).value_or(0);
  if (type == "payment_error" || code == 13 || code == 17 || response.status == 402) {
    return QuotaError(kName, response);
  }
  if (type.empty() || response.status == 429 || response.status >= 500 || response.status < 400) {
    return StatusError(kName, response);
  }
  return VendorError(kName, ErrorCode::kVendorRefused,
                     "The text was refused" + QuotedMessage(Find(*error, "message"), key) + ".",
                     Charge::kNone);
}

class Copyleaks final : public VendorAdapter {
 public:
  using VendorAdapter::VendorAdapter;

  bool Accepts(MediaKind kind) const noexcept override { return kind == MediaKind::kText; }
  std::string Fingerprint(MediaKind) const override { return "copyleaks/writer-detector/v2"; }
  Usd Price(const DetectionTask& task) const noexcept override {
    return options_.endpoint.cost * StartedUnits(CountWords(task.text), kWordsOfACredit);
  }

  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    if (task.characters < kMinCharacters) return "Texts of 255 characters and more are judged.";
    if (task.characters > kMaxCharacters) return "Texts of up to 25,000 characters are judged.";
    return {};
  }

  Result<Detection> Judge(const DetectionTask& task, Deadline until) override {
    const auto token = login_.Get(until);
    if (!token) return token.error();
    const auto response = Send(RequestFor(task, token->text), until);
    if (!response) return response.error();
    if (response->status == 401) return LoginEnded(*token, *response);
    if (response->status != 200) return FailureOf(*response, options_.api_key);
    return Interpret(*response, task);
  }

  CredentialCheck CheckCredentials(Deadline deadline) override { return login_.Check(deadline); }

 private:
  net::HttpRequest RequestFor(const DetectionTask& task, const std::string& token) const {
    // The same text has the same id, so that the vendor can detect a repeated call.
    std::string digest(task.digest_hex);
    if (digest.size() < kScanIdSize) digest = content::DigestOf(AsBytes(task.text)).ToHex();
    return JsonRequest(
        endpoint().base_url + "/v2/writer-detector/" + digest.substr(0, kScanIdSize) + "/check",
        {Bearer(Secret(token))}, Json{{"text", std::string(task.text)}, {"sandbox", false}});
  }

  /// A cached token may end early; then a retry logs in anew. A refused fresh token lacks the
  /// right.
  Error LoginEnded(const CopyleaksLogin::Token& token, const net::HttpResponse& response) {
    login_.Forget(token.text);
    if (token.fresh) return StatusError(kName, response);
    return VendorError(kName, ErrorCode::kVendorUnavailable,
                       "The login had ended; the next call makes another.", Charge::kNone);
  }

  Result<Detection> Interpret(const net::HttpResponse& response, const DetectionTask& task) const {
    const auto answer = ObjectOf(response);
    if (!answer) return InvalidAnswer(kName, "it is not a JSON object");
    Detection detection;
    if (!SetScore(detection.source, FindPath(*answer, {"summary", "ai"}))) {
      return InvalidAnswer(kName, "summary.ai is no number of 0 to 1");
    }
    const auto credits = AsInteger(FindPath(*answer, {"scannedDocument", "actualCredits"}));
    const bool told = credits && *credits >= 0 && *credits <= kMaxCredits;
    Json details = Json::object();
    Note(details, "scanId", FindPath(*answer, {"scannedDocument", "scanId"}));
    if (told) details["credits"] = *credits;
    detection.source.kind = ScoreKind::kShare;
    detection.source.model = ShortText(AsString(Find(*answer, "modelVersion")).value_or(""));
    detection.details = DumpJson(details);
    detection.cost = told ? options_.endpoint.cost * *credits : Price(task);
    return detection;
  }

  CopyleaksLogin login_{options_, http(), clock()};
};

}  // namespace
}  // namespace copyleaks

std::shared_ptr<Detector> MakeCopyleaks(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<copyleaks::Copyleaks>(copyleaks::kName, std::move(options), parts);
}

}  // namespace vcache::detection
