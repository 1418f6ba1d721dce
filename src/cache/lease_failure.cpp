#include "cache/lease_failure.h"

#include <algorithm>
#include <array>
#include <string>

#include "cache/times.h"
#include "json/json.h"
#include "vcache/core/log.h"

namespace vcache::cache {
namespace {

constexpr std::chrono::seconds kShortestFailurePause{1};
constexpr std::chrono::seconds kLongestFailurePause{60};
constexpr JsonLimits kFailureLimits{.max_bytes = 4096, .max_depth = 4, .max_values = 64};

/// The failures of a call that matter to other replicas.
constexpr std::array kToldCodes{ErrorCode::kVendorInvalidAnswer, ErrorCode::kVendorRefused,
                                ErrorCode::kVendorUnavailable, ErrorCode::kVendorTimeout,
                                ErrorCode::kInternal};

}  // namespace

std::optional<Error> FailureOf(std::string_view value, WallTime now) {
  if (!value.starts_with(kFailureMark)) return std::nullopt;
  // Even an unreadable value says that a call failed.
  Error error{ErrorCode::kVendorUnavailable, "The analysis failed a moment ago; ask again later."};
  error.retry_after = kShortestFailurePause;
  const Result<Json> json = ParseJson(value.substr(1), kFailureLimits);
  if (!json) return error;
  const auto name = AsString(Find(*json, "code"));
  for (const ErrorCode code : kToldCodes) {
    if (name == CodeName(code)) error.code = code;
  }
  if (const auto message = AsString(Find(*json, "message"))) error.message = EscapeForLog(*message);
  if (const auto told = AsString(Find(*json, "publicMessage"))) {
    error.public_message = EscapeForLog(*told);
  }
  if (const Json* vendors = Find(*json, "vendors"); vendors != nullptr && vendors->is_array()) {
    for (const Json& vendor : *vendors) {
      if (const auto one = AsString(&vendor)) error.failed_vendors.push_back(EscapeForLog(*one));
    }
  }
  if (const auto until = AsInteger(Find(*json, "untilMs"))) {
    const std::int64_t left = *until / 1000 - ToMillis(now) / 1000;
    error.retry_after =
        std::clamp(std::chrono::seconds(left), kShortestFailurePause, kLongestFailurePause);
  }
  return error;
}

std::string EncodeFailure(const Error& error, WallTime now) {
  Json json = Json::object();
  json["code"] = CodeName(error.code);
  json["message"] = error.message;
  if (!error.public_message.empty()) json["publicMessage"] = error.public_message;
  if (!error.failed_vendors.empty()) json["vendors"] = error.failed_vendors;
  json["untilMs"] = ToMillis(now + error.retry_after.value_or(kShortestFailurePause));
  return kFailureMark + DumpJson(json);
}

}  // namespace vcache::cache
