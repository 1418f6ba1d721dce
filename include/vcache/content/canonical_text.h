#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vcache/core/result.h"

namespace vcache::content {

/// A text as hashed and sent to vendors: a form post and a JSON post of the same text share a key.
/// CRLF and CR become LF. Outer white space (Unicode White_Space and U+FEFF) is dropped.
struct CanonicalText {
  std::string text;
  /// Length in code points, the unit of the limits.
  std::size_t characters = 0;
};

/// Error: kInvalidUtf8 with the offset of the first malformed sequence (RFC 3629).
Result<CanonicalText> MakeCanonicalText(std::string_view text);

}  // namespace vcache::content
