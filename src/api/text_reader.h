#pragma once

#include "vcache/content/canonical_text.h"
#include "vcache/core/result.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

struct TextLimits {
  std::size_t min_chars = 50;
  std::size_t max_chars = 5000;
};

/// Reads the text of `POST /api/analysis/text`: JSON `{"text": "..."}`, a form field `text`, or
/// `text/plain`, all UTF-8. Errors: kBadRequest, kLengthRequired, kInvalidUtf8, kTooLarge,
/// kUnsupportedMediaType, kTextTooShort, kTextTooLong and those of the body.
Result<content::CanonicalText> ReadText(http::Request& request, const TextLimits& limits);

/// The whole body. Error: kTooLarge above `max_bytes`, before reading if the length is known.
Result<std::string> ReadBody(http::Request& request, std::size_t max_bytes);

}  // namespace vcache::api
