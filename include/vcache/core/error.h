#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vcache {

/// What went wrong, named by what the caller does next. A closed set: each code has one wire name
/// (`CodeName`) that clients may rely on, and one HTTP status (`http::StatusOf`).
enum class ErrorCode {
  // The request is at fault.
  kBadRequest,            ///< Malformed; sending it again does not help.
  kInvalidUtf8,           ///< A text that is not UTF-8.
  kUnauthenticated,       ///< Credentials are missing or wrong.
  kForbidden,             ///< Known who asks, and not allowed (or the feature is not turned on).
  kNotFound,              ///< No such path.
  kNotCached,             ///< No verdict is known for this content.
  kMethodNotAllowed,      ///< The path exists, the method does not.
  kRequestTimeout,        ///< Head or body arrived too slowly.
  kLengthRequired,        ///< The route needs a body and none was announced.
  kTooLarge,              ///< The body or a part of it is over its limit.
  kUnsupportedMediaType,  ///< Not an image, video or text that we understand.
  kTextTooShort,
  kTextTooLong,
  kVideoTooLong,
  kTooExpensive,  ///< The analysis may cost more than one may.
  kRateLimited,
  kHeadTooLarge,    ///< Request line or header fields over their limits.
  kClientGone,      ///< Nobody is left to answer. Seen in logs only.
  kNotImplemented,  ///< A transfer coding or feature that we do not speak.
  // Our side or the vendor's is at fault.
  kInternal,
  kVendorNotConfigured,  ///< No vendor has credentials for this kind of content.
  kVendorInvalidAnswer,  ///< The vendor answered something that is not a verdict.
  kVendorRefused,        ///< The vendor refused this content or our request for good.
  kVendorUnavailable,    ///< Not reached, 5xx, rate limit, quota or breaker: later may work.
  kVendorTimeout,
  kBudgetExhausted,  ///< What may be spent is spent: paid calls go on when the window opens again.
  kOverloaded,       ///< A bound of ours is reached: threads, queue, waiters.
  kShuttingDown,
  kStoreUnavailable,  ///< A store did not answer. Never treated as a miss.
  kStoreCorrupt,      ///< A store answered something unreadable.
  kDeadlineExceeded,
  kBadConfiguration,
  kIo,  ///< The operating system refused: disk, descriptors, memory.
};

/// The stable name of a code in problem bodies and logs, for example `not_cached`.
std::string_view CodeName(ErrorCode code) noexcept;

/// What a failed paid call cost. Only `kNone` may ever be retried.
enum class Charge {
  kNone,     ///< Certainly not billed.
  kCharged,  ///< Certainly billed.
  kUnknown,  ///< The vendor may have billed it: counted and logged as an error, never retried.
};

std::string_view ChargeName(Charge charge) noexcept;

/// An expected failure, as a value. The message is one sentence for administrators and the log
/// that says what was wrong and what to do; it never holds secrets, content or the text of a
/// foreign exception. What is told to anybody is `PublicMessage`.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  Charge charge = Charge::kNone;
  /// When trying again may help, if somebody said so.
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
  /// What anybody may read, where that is not what `PublicMessage` says without it: no variable,
  /// no path, no host, nothing of an account.
  std::string public_message{};
};

/// What people without an administrator's rights are told: the `public_message`; else, where the
/// request is at fault, the message; else a constant sentence for the code. So an error of ours, a
/// store's or a vendor's stays with the administrators unless its author made it public.
std::string PublicMessage(const Error& error);

/// An error whose whole message anybody may read.
Error ForEverybody(Error error);

}  // namespace vcache
