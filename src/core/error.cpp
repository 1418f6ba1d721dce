#include "vcache/core/error.h"

namespace vcache {
namespace {

/// A public sentence for codes whose messages may name internals; empty for the others.
std::string_view SentenceFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnauthenticated:
      return "The credentials are missing or wrong.";
    case ErrorCode::kForbidden:
      return "This is not turned on.";
    case ErrorCode::kInternal:
      return "Something went wrong on our side.";
    case ErrorCode::kVendorNotConfigured:
      return "No detection vendor is configured for this kind of content.";
    case ErrorCode::kVendorInvalidAnswer:
      return "The vendor's answer is not a verdict; send the content again later.";
    case ErrorCode::kVendorRefused:
      return "The vendor refused the request.";
    case ErrorCode::kVendorUnavailable:
      return "The vendor is not available at present; send the content again later.";
    case ErrorCode::kVendorTimeout:
      return "The vendor did not answer in time; send the content again later.";
    case ErrorCode::kBudgetExhausted:
      return "New contents are not paid for at present; known ones are still answered.";
    case ErrorCode::kOverloaded:
      return "The service has too much to do at present; try again later.";
    case ErrorCode::kShuttingDown:
      return "The service is stopping; send the request again.";
    case ErrorCode::kStoreUnavailable:
    case ErrorCode::kStoreCorrupt:
      return "The cache cannot be used at present; try again later.";
    case ErrorCode::kDeadlineExceeded:
      return "There was not enough time for an answer; try again later.";
    case ErrorCode::kBadConfiguration:
      return "The service is not set up for this request.";
    case ErrorCode::kIo:
      return "The service has no room for this request at present; try again later.";
    // The request is at fault. No default: a new code must be added here on purpose.
    case ErrorCode::kBadRequest:
    case ErrorCode::kInvalidUtf8:
    case ErrorCode::kNotFound:
    case ErrorCode::kNotCached:
    case ErrorCode::kMethodNotAllowed:
    case ErrorCode::kRequestTimeout:
    case ErrorCode::kLengthRequired:
    case ErrorCode::kTooLarge:
    case ErrorCode::kUnsupportedMediaType:
    case ErrorCode::kTextTooShort:
    case ErrorCode::kTextTooLong:
    case ErrorCode::kVideoTooLong:
    case ErrorCode::kTooExpensive:
    case ErrorCode::kRateLimited:
    case ErrorCode::kHeadTooLarge:
    case ErrorCode::kClientGone:
    case ErrorCode::kNotImplemented:
      return {};
  }
  return "Something went wrong on our side.";
}

}  // namespace

std::string PublicMessage(const Error& error) {
  if (!error.public_message.empty()) return error.public_message;
  const std::string_view sentence = SentenceFor(error.code);
  return sentence.empty() ? error.message : std::string(sentence);
}

Error ForEverybody(Error error) {
  error.public_message = error.message;
  return error;
}

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
