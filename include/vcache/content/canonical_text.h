#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vcache/core/result.h"

namespace vcache::content {

/// A text in the form in which it is hashed and sent to vendors, so that a form post and a JSON
/// post of the same text share a key: CRLF and CR become LF, leading and trailing white space
/// (Unicode White_Space and U+FEFF) is dropped, nothing inside is changed.
struct CanonicalText {
  std::string text;
  /// Length in code points: what limits count.
  std::size_t characters = 0;
};

/// kInvalidUtf8 with the byte offset of the first offence (RFC 3629: no overlong forms, surrogates
/// or code points above U+10FFFF).
Result<CanonicalText> MakeCanonicalText(std::string_view text);

}  // namespace vcache::content
