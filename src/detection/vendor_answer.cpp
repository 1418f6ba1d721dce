#include "detection/vendor_answer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vcache/core/log.h"

namespace vcache::detection {

Error VendorError(std::string_view vendor, ErrorCode code, std::string_view sentence,
                  Charge charge) {
  return Error{code, std::string(vendor) + ": " + std::string(sentence), charge};
}

Error TransportError(std::string_view vendor, Error error) {
  error.message = std::string(vendor) + ": " + error.message;
  return error;
}

Error InvalidAnswer(std::string_view vendor, std::string_view what) {
  return VendorError(vendor, ErrorCode::kVendorInvalidAnswer,
                     "The answer is not a verdict: " + std::string(what) + ".", Charge::kUnknown);
}

Error StatusError(std::string_view vendor, const net::HttpResponse& response) {
  const int status = response.status;
  if (status == 429) {
    Error error = VendorError(vendor, ErrorCode::kVendorUnavailable,
                              "The rate limit is reached; try again later.", Charge::kNone);
    error.retry_after = response.retry_after;
    return error;
  }
  if (status == 401 || status == 403) {
    return VendorError(vendor, ErrorCode::kVendorRefused,
                       "The credentials were refused; check the configured keys.", Charge::kNone);
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

std::optional<Json> ObjectOf(const net::HttpResponse& response) {
  auto parsed = ParseJson(response.body);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(*parsed);
}

std::optional<double> ScoreFromUnit(const Json* value) {
  const auto number = AsNumber(value);
  if (!number || *number < 0 || *number > 1) return std::nullopt;
  return std::round(*number * 1e6) / 1e4;
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

std::optional<std::string> HeaderOf(const net::HttpResponse& response, std::string_view name) {
  const auto found = std::find_if(response.headers.begin(), response.headers.end(),
                                  [name](const auto& field) { return field.first == name; });
  if (found == response.headers.end()) return std::nullopt;
  return found->second;
}

}  // namespace vcache::detection
