#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "vcache/core/result.h"

namespace vcache::content {

/// A text as the service hashes it and sends it to vendors: a form post and a JSON post of the same
/// text share a key. CRLF and CR become LF. Leading and trailing white space (Unicode White_Space
/// and U+FEFF) is dropped.
struct CanonicalText {
  std::string text;
  /// Length in code points, the unit of the limits.
  std::size_t characters = 0;
};

/// Error: kInvalidUtf8 with the byte offset of the first malformed sequence (RFC 3629: no overlong
/// forms, surrogates or code points above U+10FFFF).
Result<CanonicalText> MakeCanonicalText(std::string_view text);

}  // namespace vcache::content
