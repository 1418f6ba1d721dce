#include "vcache/core/error.h"

#include <doctest/doctest.h>

#include <array>

using namespace vcache;

namespace {

/// Where the request is at fault: the message is about the request.
constexpr std::array kOfTheRequest = {
    ErrorCode::kBadRequest,     ErrorCode::kInvalidUtf8,      ErrorCode::kNotFound,
    ErrorCode::kNotCached,      ErrorCode::kMethodNotAllowed, ErrorCode::kRequestTimeout,
    ErrorCode::kLengthRequired, ErrorCode::kTooLarge,         ErrorCode::kUnsupportedMediaType,
    ErrorCode::kTextTooShort,   ErrorCode::kTextTooLong,      ErrorCode::kRateLimited,
    ErrorCode::kHeadTooLarge,   ErrorCode::kNotImplemented};

constexpr std::array kOfOurs = {ErrorCode::kUnauthenticated,
                                ErrorCode::kForbidden,
                                ErrorCode::kInternal,
                                ErrorCode::kVendorNotConfigured,
                                ErrorCode::kVendorInvalidAnswer,
                                ErrorCode::kVendorRefused,
                                ErrorCode::kVendorUnavailable,
                                ErrorCode::kVendorTimeout,
                                ErrorCode::kBudgetExhausted,
                                ErrorCode::kOverloaded,
                                ErrorCode::kShuttingDown,
                                ErrorCode::kStoreUnavailable,
                                ErrorCode::kStoreCorrupt,
                                ErrorCode::kDeadlineExceeded,
                                ErrorCode::kBadConfiguration,
                                ErrorCode::kIo};

}  // namespace

TEST_CASE("PublicMessage: what the request did wrong is told to whoever sent it") {
  for (const ErrorCode code : kOfTheRequest) {
    CHECK(PublicMessage({code, "The text has 3 characters; send 50."}) ==
          "The text has 3 characters; send 50.");
  }
}

TEST_CASE("PublicMessage: what is wrong on our side stays ours, unless its author made it public") {
  const std::string reason = "redis.internal:6379 refuses the password; check REDIS_URL.";
  for (const ErrorCode code : kOfOurs) {
    CAPTURE(CodeName(code));
    const std::string told = PublicMessage({code, reason});
    CHECK_FALSE(told.empty());
    CHECK(told.find("REDIS_URL") == std::string::npos);
    CHECK(told.find("internal:") == std::string::npos);
    CHECK(PublicMessage(ForEverybody({code, "Ask again."})) == "Ask again.");
  }
}

TEST_CASE("PublicMessage: a public message of its own comes before all else") {
  Error error{ErrorCode::kTooLarge, "Larger than MAX_UPLOAD_MB."};
  error.public_message = "Larger than 100 MB.";
  CHECK(PublicMessage(error) == "Larger than 100 MB.");
}
