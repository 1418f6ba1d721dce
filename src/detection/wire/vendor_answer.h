#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "detection/vendor_error.h"
#include "json/json.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"
#include "vcache/detection/detector.h"
#include "vcache/net/http_client.h"

namespace vcache::detection {

/// One rule for all vendors: a request sent and not clearly refused may have been billed.

/// An error of the HTTP client with the vendor's name. Keeps code, charge and retry time.
Error TransportError(std::string_view vendor, Error error);

/// An answer without a verdict, for example a score of the wrong type. It may have been billed.
Error InvalidAnswer(std::string_view vendor, std::string_view what);

/// Judges by the status alone, when the body is not understood. Not billed: 429 (rate limit), 402
/// (spent balance), 401 and 403 (bad credentials), 408, 409 and 425 (try again), 413 and 415
/// (content refused), 503 with `Retry-After` (not begun). Unknown charge: any other 5xx is
/// unavailable, all else an invalid answer.
Error StatusError(std::string_view vendor, const net::HttpResponse& response);

/// An answer without a verdict, in the vendor's own words if the body has some: then any other 4xx
/// is an unbilled refusal. Takes the first text among `detail`, `message`, `error` and `msg`, or
/// `error.message`, or the `msg` of the first in a list `detail`. Never quotes `secret`.
Error RequestError(std::string_view vendor, const net::HttpResponse& response,
                   const std::optional<Json>& answer, const Secret& secret);

/// A spent quota or balance: a quick retry never helps.
Error QuotaError(std::string_view vendor, const net::HttpResponse& response);

/// The JSON object of an answer, within the limits of rule J1; empty for anything else.
std::optional<Json> ObjectOf(const net::HttpResponse& response);

/// The pause after a used-up quota, if the vendor states none.
inline constexpr std::chrono::seconds kQuotaPause = std::chrono::hours(1);

/// A number of 0 to `max` as a score of 0 to 100, without binary rounding noise. Empty for all
/// else: missing, null, text, not finite, out of range (rule J3).
std::optional<double> ScoreFromUnit(const Json* value, double max = 1);
/// Sets the score, and the raw number, from a number of 0 to `max`. False: it is none.
bool SetScore(SourceVerdict& source, const Json* raw, double max = 1);
/// A score of 0 to 100 to four decimal places.
double RoundedScore(double score) noexcept;

/// The vendor's own words for an error message, escaped and short; empty when they hold `secret`.
std::string QuotedMessage(const Json* message, const Secret& secret);

/// A short, escaped text of the vendor, such as an id or a model.
std::string ShortText(std::string_view text);

/// Adds a vendor's text (short, escaped), number or boolean to the details; ignores anything else.
void Note(Json& details, const char* name, const Json* value);

/// The first header of that name (in lower case).
std::optional<std::string> HeaderOf(const net::HttpResponse& response, std::string_view name);

}  // namespace vcache::detection
