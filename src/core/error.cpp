#include "vcache/core/error.h"

namespace vcache {

std::string_view CodeName(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kBadRequest:
      return "bad_request";
    case ErrorCode::kInvalidUtf8:
      return "invalid_utf8";
    case ErrorCode::kUnauthenticated:
      return "unauthenticated";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kNotCached:
      return "not_cached";
    case ErrorCode::kMethodNotAllowed:
      return "method_not_allowed";
    case ErrorCode::kRequestTimeout:
      return "request_timeout";
    case ErrorCode::kLengthRequired:
      return "length_required";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kUnsupportedMediaType:
      return "unsupported_media_type";
    case ErrorCode::kTextTooShort:
      return "text_too_short";
    case ErrorCode::kTextTooLong:
      return "text_too_long";
    case ErrorCode::kVideoTooLong:
      return "video_too_long";
    case ErrorCode::kTooExpensive:
      return "too_expensive";
    case ErrorCode::kRateLimited:
      return "rate_limited";
    case ErrorCode::kHeadTooLarge:
      return "head_too_large";
    case ErrorCode::kClientGone:
      return "client_gone";
    case ErrorCode::kNotImplemented:
      return "not_implemented";
    case ErrorCode::kInternal:
      return "internal_error";
    case ErrorCode::kVendorNotConfigured:
      return "no_vendor_configured";
    case ErrorCode::kVendorInvalidAnswer:
      return "vendor_invalid_answer";
    case ErrorCode::kVendorRefused:
      return "vendor_refused";
    case ErrorCode::kVendorUnavailable:
      return "vendor_unavailable";
    case ErrorCode::kVendorTimeout:
      return "vendor_timeout";
    case ErrorCode::kBudgetExhausted:
      return "budget_exhausted";
    case ErrorCode::kOverloaded:
      return "overloaded";
    case ErrorCode::kShuttingDown:
      return "shutting_down";
    case ErrorCode::kStoreUnavailable:
      return "store_unavailable";
    case ErrorCode::kStoreCorrupt:
      return "store_corrupt";
    case ErrorCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case ErrorCode::kBadConfiguration:
      return "bad_configuration";
    case ErrorCode::kIo:
      return "io_error";
  }
  return "internal_error";
}

std::string_view ChargeName(Charge charge) noexcept {
  switch (charge) {
    case Charge::kNone:
      return "none";
    case Charge::kCharged:
      return "charged";
    case Charge::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace vcache
