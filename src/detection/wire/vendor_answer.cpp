#include "detection/wire/vendor_answer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vcache/core/log.h"

namespace vcache::detection {

Error TransportError(std::string_view vendor, Error error) {
  error.message = std::string(vendor) + ": " + error.message;
  return error;
}

Error InvalidAnswer(std::string_view vendor, std::string_view what) {
  return VendorError(vendor, ErrorCode::kVendorInvalidAnswer,
                     "The answer is not a verdict: " + std::string(what) + ".", Charge::kUnknown);
}

namespace {

Error Later(std::string_view vendor, const net::HttpResponse& response, std::string_view sentence) {
  Error error = VendorError(vendor, ErrorCode::kVendorUnavailable, sentence, Charge::kNone);
  error.retry_after = response.retry_after;
  return error;
}

const Json* WordsIn(const Json& answer) {
  for (const char* name : {"detail", "message", "error", "msg"}) {
    const Json* words = Find(answer, name);
    if (words != nullptr && words->is_array() && !words->empty()) {
      words = Find(words->front(), "msg");
    } else if (words != nullptr && words->is_object()) {
      words = Find(*words, "message");
    }
    if (AsString(words)) return words;
  }
  return nullptr;
}

}  // namespace

Error StatusError(std::string_view vendor, const net::HttpResponse& response) {
  const int status = response.status;
  if (status == 429) return Later(vendor, response, "The rate limit is reached; try again later.");
  if (status == 402) return QuotaError(vendor, response);
  if (status == 408 || status == 409 || status == 425) {
    return Later(vendor, response, "The vendor asks to try again.");
  }
  if (status == 413 || status == 415) {
    return ContentRefused(vendor,
                          status == 413 ? "The content is larger than the vendor takes."
                                        : "The vendor does not take this type of content.",
                          Charge::kNone);
  }
  if (status == 401 || status == 403) {
    return VendorError(vendor, ErrorCode::kVendorRefused,
                       "The credentials were refused; check the configured keys.", Charge::kNone);
  }
  if (status == 503 && response.retry_after) {
    // A vendor that names a retry time has not begun (RFC 9110 section 15.6.4).
    return Later(vendor, response, "The vendor is overloaded; try again later.");
  }
  if (status >= 500) {
    Error error = VendorError(vendor, ErrorCode::kVendorUnavailable,
                              "The vendor failed with status " + std::to_string(status) + ".",
                              Charge::kUnknown);
    error.retry_after = response.retry_after;
    return error;
  }
  return InvalidAnswer(vendor, "status " + std::to_string(status) + " with an unreadable body");
}

Error RequestError(std::string_view vendor, const net::HttpResponse& response,
                   const std::optional<Json>& answer, const Secret& secret) {
  Error by_status = StatusError(vendor, response);
  const bool says_nothing = by_status.code == ErrorCode::kVendorInvalidAnswer;
  const Json* words = answer ? WordsIn(*answer) : nullptr;
  if (!says_nothing || response.status < 400 || words == nullptr) return by_status;
  return VendorError(vendor, ErrorCode::kVendorRefused,
                     "The request was refused" + QuotedMessage(words, secret) + ".", Charge::kNone);
}

Error QuotaError(std::string_view vendor, const net::HttpResponse& response) {
  Error error = Later(vendor, response, "The quota is used up.");
  if (!error.retry_after) error.retry_after = kQuotaPause;
  return error;
}

std::optional<Json> ObjectOf(const net::HttpResponse& response) {
  auto parsed = ParseJson(response.body);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(*parsed);
}

std::optional<double> ScoreFromUnit(const Json* value, double max) {
  const auto number = AsNumber(value);
  if (!number || *number < 0 || *number > max) return std::nullopt;
  return RoundedScore(*number / max * 100);
}

bool SetScore(SourceVerdict& source, const Json* raw, double max) {
  source.score = ScoreFromUnit(raw, max);
  source.raw_score = AsNumber(raw);
  return source.score.has_value();
}

double RoundedScore(double score) noexcept {
  return std::round(score * 1e4) / 1e4;
}

std::string QuotedMessage(const Json* message, const Secret& secret) {
  const auto text = AsString(message);
  if (!text || text->empty()) return {};
  if (!secret.empty() && text->find(secret.Reveal()) != std::string::npos) return {};
  return " (\"" + EscapeForLog(*text, 100) + "\")";
}

std::string ShortText(std::string_view text) {
  return EscapeForLog(text, 64);
}

void Note(Json& details, const char* name, const Json* value) {
  if (const auto text = AsString(value)) {
    details[name] = ShortText(*text);
  } else if (const auto truth = AsBool(value)) {
    details[name] = *truth;
  } else if (AsNumber(value)) {
    details[name] = *value;
  }
}

std::optional<std::string> HeaderOf(const net::HttpResponse& response, std::string_view name) {
  const auto found = std::find_if(response.headers.begin(), response.headers.end(),
                                  [name](const auto& field) { return field.first == name; });
  if (found == response.headers.end()) return std::nullopt;
  return found->second;
}

}  // namespace vcache::detection
