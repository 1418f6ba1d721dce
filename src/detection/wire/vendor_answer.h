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

/// What all vendors' answers have in common, before any vendor's own meaning. One rule runs
/// through it: whatever was sent and not clearly refused may have been billed.

/// A failure of the HTTP client, named after the vendor. Code, charge and retry time stay.
Error TransportError(std::string_view vendor, Error error);

/// An answer that is no verdict, for example a score of the wrong type. It may have been billed.
Error InvalidAnswer(std::string_view vendor, std::string_view what);

/// The status alone, when the body says nothing that we understand. Nothing billed: 429 is a rate
/// limit, 402 a spent balance, 401 and 403 are bad credentials, 408, 409 and 425 ask to try again,
/// 413 and 415 refuse the content. 5xx is unavailable and all else nonsense, billing unknown.
Error StatusError(std::string_view vendor, const net::HttpResponse& response);

/// An answer that is no verdict, in the vendor's own words where its body has some: then any other
/// 4xx is a refusal that was not billed. Words are the first text among `detail`, `message`,
/// `error` and `msg`, or `error.message`, or the `msg` of the first in a list `detail`. Never
/// quotes `secret`.
Error RequestError(std::string_view vendor, const net::HttpResponse& response,
                   const std::optional<Json>& answer, const Secret& secret);

/// A spent quota or balance: later may work, and soon never does.
Error QuotaError(std::string_view vendor, const net::HttpResponse& response);

/// The JSON object of an answer, within the limits of rule J1. Empty for anything else: an empty
/// body, HTML, a broken text.
std::optional<Json> ObjectOf(const net::HttpResponse& response);

/// How long a used-up quota keeps the vendor from being asked again, where it says nothing itself.
inline constexpr std::chrono::seconds kQuotaPause = std::chrono::hours(1);

/// A number of 0 to 1 as a score of 0 to 100, without the noise of binary fractions. Empty for
/// everything else: missing, null, text, not finite, out of range (rule J3).
std::optional<double> ScoreFromUnit(const Json* value);
/// A score of 0 to 100 to four decimal places.
double RoundedScore(double score) noexcept;

/// The vendor's own words, for an error message: escaped and short; empty when they hold `secret`.
std::string QuotedMessage(const Json* message, const Secret& secret);

/// A short text of the vendor's, such as an id or a model, made harmless.
std::string ShortText(std::string_view text);

/// Puts a text (short and harmless), a number or a truth value of the vendor's among the details.
/// Anything else, and what is missing, is left out.
void Note(Json& details, const char* name, const Json* value);

/// The first header of that name (in lower case).
std::optional<std::string> HeaderOf(const net::HttpResponse& response, std::string_view name);

}  // namespace vcache::detection
