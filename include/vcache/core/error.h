#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcache {

/// What went wrong, by what the caller does next. A closed set: each code has one stable wire name
/// (`CodeName`) and one HTTP status (`http::StatusOf`).
enum class ErrorCode {
  // The request is at fault.
  kBadRequest,            ///< Malformed; sending it again does not help.
  kInvalidUtf8,           ///< A text that is not UTF-8.
  kDigestMismatch,        ///< The body is not the one whose digest the client states.
  kUnauthenticated,       ///< Credentials are missing or wrong.
  kForbidden,             ///< The client is known, but not allowed, or the feature is off.
  kForeignSite,           ///< A page of another site asked for something that spends or changes.
  kNotFound,              ///< No such path.
  kNotCached,             ///< No verdict is known for this content.
  kOnlyIfCached,          ///< The same, of an analysis that may be answered from the cache only.
  kMethodNotAllowed,      ///< The path exists, the method does not.
  kRequestTimeout,        ///< Head or body arrived too slowly.
  kLengthRequired,        ///< The route needs a body and none was announced.
  kTooLarge,              ///< The body or a part of it is over its limit.
  kUnsupportedMediaType,  ///< Not an image, video or text that the service understands.
  kTextTooShort,
  kTextTooLong,
  kVideoTooLong,
  kTooExpensive,  ///< The analysis may cost more than the limit for one.
  kRateLimited,
  kMisdirected,     ///< The `Host` is none of the service's names.
  kHeadTooLarge,    ///< Request line or header fields over their limits.
  kClientGone,      ///< The client has left. Seen in logs only.
  kNotImplemented,  ///< The service does not support this transfer coding or feature.
  // The service or a vendor is at fault.
  kInternal,
  kVendorNotConfigured,  ///< No vendor has credentials for this kind of content.
  kVendorInvalidAnswer,  ///< The vendor answered something that is not a verdict.
  kVendorRefused,        ///< The vendor refused this content or request for good.
  kVendorUnavailable,    ///< No connection, 5xx, rate limit, quota or circuit breaker: retry later.
  kVendorTimeout,
  kBudgetExhausted,  ///< The budget is spent; paid calls resume when the window resets.
  kOverloaded,       ///< A limit of the service is reached: threads, queue, waiters.
  kShuttingDown,
  kStoreUnavailable,  ///< A store did not answer. Never treated as a miss.
  kStoreCorrupt,      ///< A store answered something unreadable.
  kDeadlineExceeded,
  kBadConfiguration,
  kIo,  ///< The operating system failed: disk, descriptors, memory. Stays last (error.cpp).
};

/// The stable name of a code in problem bodies and logs, for example `not_cached`.
std::string_view CodeName(ErrorCode code) noexcept;

/// What a failed paid call cost, the worst last. Only `kNone` may be retried.
enum class Charge {
  kNone,     ///< Certainly not billed.
  kCharged,  ///< Certainly billed.
  kUnknown,  ///< Perhaps billed: counted and logged as an error, never retried.
};

std::string_view ChargeName(Charge charge) noexcept;

/// An expected failure, as a value. The message is one sentence for administrators and the log:
/// what was wrong and what to do. It never holds secrets, content or the text of a foreign
/// exception. Clients get `PublicMessage`.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  Charge charge = Charge::kNone;
  /// When a retry may help, if that is known.
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
  /// A text that every client may read; overrides what `PublicMessage` would choose. It names no
  /// variable, path, host or account.
  std::string public_message{};
  /// The vendor was not asked: a refusal of its circuit breaker or of a limit of the service.
  bool asked_nobody = false;
  /// Of a failed call: the vendors that were asked. Empty: nobody, or unknown.
  std::vector<std::string> failed_vendors{};
};

/// The text for clients without administrator's rights: the `public_message`, if set; else the
/// message, if the request is at fault; else a constant sentence for the code.
std::string PublicMessage(const Error& error);

/// Makes the whole message public.
Error ForEverybody(Error error);

}  // namespace vcache
