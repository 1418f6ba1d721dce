// GPTZero: texts. https://support.gptzero.me (the article on the API's results and that on rate
// limits), https://github.com/GPTZero/gptzero-js. How sure each fact is: docs/detection-vendors.md.

#include <utility>

#include "detection/vendors/vendor_adapter.h"
#include "detection/wire/vendor_answer.h"
#include "detection/wire/vendor_request.h"
#include "detection/wire/word_count.h"

namespace vcache::detection {
namespace gptzero {
namespace {

constexpr std::string_view kName = "gptzero";
/// The vendor silently cuts longer texts: a verdict on a part would pass for one on the whole.
constexpr std::size_t kMaxCharacters = 50'000;

class GptZero final : public OneCallDetector {
 public:
  using OneCallDetector::OneCallDetector;

  bool Accepts(MediaKind kind) const noexcept override { return kind == MediaKind::kText; }
  std::string Fingerprint(MediaKind) const override { return "gptzero/v2"; }
  /// Plans are sold by words; the price is for 1,000 words, pro rata.
  Usd Price(const DetectionTask& task) const noexcept override {
    const auto words = static_cast<std::int64_t>(CountWords(task.text));
    return Usd::FromMicros(StartedUnits((endpoint().cost * words).micros(), 1000));
  }
  std::string_view RefusalOf(const DetectionTask& task) const noexcept override {
    return task.characters <= kMaxCharacters ? "" : "Texts of up to 50,000 characters are judged.";
  }

 protected:
  net::HttpRequest RequestFor(const DetectionTask& task) const override {
    return JsonRequest(endpoint().base_url + "/predict/text",
                       {{"x-api-key", options_.api_key.Reveal()}},
                       Json{{"document", std::string(task.text)}, {"multilingual", false}});
  }

  Result<Detection> Interpret(const net::HttpResponse& response,
                              const DetectionTask& task) const override {
    const auto answer = ObjectOf(response);
    if (response.status != 200) return RequestError(kName, response, answer, options_.api_key);
    const Json* documents = answer ? Find(*answer, "documents") : nullptr;
    if (documents == nullptr || !documents->is_array() || documents->size() != 1) {
      return InvalidAnswer(kName, "there is not one document in it");
    }
    const Json& document = documents->front();
    // The older figure means the same. It replaces the newer one only where that is absent; a
    // malformed `class_probabilities` is an invalid answer.
    const Json* classes = Find(document, "class_probabilities");
    const Json* raw =
        classes != nullptr ? Find(*classes, "ai") : Find(document, "completely_generated_prob");
    Detection detection;
    if (!SetScore(detection.source, raw)) {
      return InvalidAnswer(kName, "class_probabilities.ai is no number of 0 to 1");
    }
    detection.source.model = ShortText(AsString(Find(*answer, "version")).value_or(""));
    detection.details = DetailsOf(*answer, document);
    detection.cost = Price(task);
    return detection;
  }

 private:
  /// `confidence_category` is a word, so it goes into the details, and `confidence` is null.
  static std::string DetailsOf(const Json& answer, const Json& document) {
    Json details = Json::object();
    Note(details, "requestId", Find(answer, "scanId"));
    Note(details, "classification", Find(document, "document_classification"));
    Note(details, "confidenceCategory", Find(document, "confidence_category"));
    Note(details, "mixed", FindPath(document, {"class_probabilities", "mixed"}));
    Note(details, "human", FindPath(document, {"class_probabilities", "human"}));
    return DumpJson(details);
  }
};

}  // namespace
}  // namespace gptzero

std::shared_ptr<Detector> MakeGptZero(VendorOptions options, const VendorParts& parts) {
  return std::make_shared<gptzero::GptZero>(gptzero::kName, std::move(options), parts);
}

}  // namespace vcache::detection
