#pragma once

#include <string>

#include "api/intake/small_body.h"
#include "vcache/content/canonical_text.h"
#include "vcache/core/bytes.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

struct TextLimits {
  std::size_t min_chars = 50;
  std::size_t max_chars = 5000;
};

/// Reads the text of `POST /api/analysis/text`: JSON `{"text": "..."}`, a form field `text`, or
/// `text/plain`, all UTF-8. One thread at a time.
class TextReader {
 public:
  /// Looks at the head only. Errors: kBadRequest, kLengthRequired, kTooLarge,
  /// kUnsupportedMediaType.
  static Result<TextReader> Open(const http::Request& request, const TextLimits& limits);

  /// The next piece of the body. Error: kTooLarge.
  Result<void> Take(ByteView piece) { return body_.Take(piece); }
  /// The text, once the body is complete. Errors: kBadRequest, kInvalidUtf8, kTextTooShort,
  /// kTextTooLong.
  Result<content::CanonicalText> Finish() const;

 private:
  TextReader(const TextLimits& limits, std::string type);

  TextLimits limits_;
  std::string type_;  ///< `application/json`, for example.
  SmallBody body_;
};

}  // namespace vcache::api
