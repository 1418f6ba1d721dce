#include "vcache/core/error.h"

#include <array>

#include "vcache/core/enum_table.h"

namespace vcache {
namespace {

using enum ErrorCode;

struct CodeText {
  ErrorCode code;
  std::string_view name;
  /// What clients read, as the message may name internals. Empty where the request is at fault.
  std::string_view sentence{};
};

constexpr auto kCodes = std::to_array<CodeText>({
    {kBadRequest, "bad_request"},
    {kInvalidUtf8, "invalid_utf8"},
    {kDigestMismatch, "digest_mismatch"},
    {kUnauthenticated, "unauthenticated", "The credentials are missing or wrong."},
    {kForbidden, "forbidden", "This is not turned on."},
    {kForeignSite, "foreign_site", "Pages of other sites may not do this."},
    {kNotFound, "not_found"},
    {kNotCached, "not_cached"},
    {kOnlyIfCached, "only_if_cached"},
    {kMethodNotAllowed, "method_not_allowed"},
    {kRequestTimeout, "request_timeout"},
    {kLengthRequired, "length_required"},
    {kTooLarge, "too_large"},
    {kUnsupportedMediaType, "unsupported_media_type"},
    {kTextTooShort, "text_too_short"},
    {kTextTooLong, "text_too_long"},
    {kVideoTooLong, "video_too_long"},
    {kTooExpensive, "too_expensive"},
    {kRateLimited, "rate_limited"},
    {kMisdirected, "misdirected", "This service does not answer under that host name."},
    {kHeadTooLarge, "head_too_large"},
    {kClientGone, "client_gone"},
    {kNotImplemented, "not_implemented"},
    {kInternal, "internal_error", "Something went wrong on our side."},
    {kVendorNotConfigured, "no_vendor_configured",
     "No detection vendor is configured for this kind of content."},
    {kVendorInvalidAnswer, "vendor_invalid_answer",
     "The vendor's answer is not a verdict; send the content again later."},
    {kVendorRefused, "vendor_refused", "The vendor refused the request."},
    {kVendorUnavailable, "vendor_unavailable",
     "The vendor is not available at present; send the content again later."},
    {kVendorTimeout, "vendor_timeout",
     "The vendor did not answer in time; send the content again later."},
    {kBudgetExhausted, "budget_exhausted",
     "New contents are not paid for at present; known ones are still answered."},
    {kOverloaded, "overloaded", "The service has too much to do at present; try again later."},
    {kShuttingDown, "shutting_down", "The service is stopping; send the request again."},
    {kStoreUnavailable, "store_unavailable",
     "The cache cannot be used at present; try again later."},
    {kStoreCorrupt, "store_corrupt", "The cache cannot be used at present; try again later."},
    {kDeadlineExceeded, "deadline_exceeded",
     "There was not enough time for an answer; try again later."},
    {kBadConfiguration, "bad_configuration", "The service is not set up for this request."},
    {kIo, "io_error", "The service has no room for this request at present; try again later."},
});

static_assert(HasRowForEach(kCodes, &CodeText::code, kIo));

constexpr EnumNames<Charge, 3> kCharges = {{"none", "charged", "unknown"}};
static_assert(kCharges.Of(Charge::kUnknown) == "unknown");

const CodeText& TextOf(ErrorCode code) {
  return kCodes[static_cast<std::size_t>(code)];
}

}  // namespace

std::string PublicMessage(const Error& error) {
  if (!error.public_message.empty()) return error.public_message;
  const std::string_view sentence = TextOf(error.code).sentence;
  return sentence.empty() ? error.message : std::string(sentence);
}

Error ForEverybody(Error error) {
  error.public_message = error.message;
  return error;
}

std::string_view CodeName(ErrorCode code) noexcept {
  return TextOf(code).name;
}

std::string_view ChargeName(Charge charge) noexcept {
  return kCharges.Of(charge);
}

}  // namespace vcache
