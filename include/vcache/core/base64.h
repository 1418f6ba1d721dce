#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/bytes.h"

namespace vcache {

/// The standard alphabet with padding (RFC 4648, section 4).
std::string EncodeBase64(ByteView bytes);
/// Decodes the same. Empty for any other text.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace vcache
