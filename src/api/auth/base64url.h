#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vcache::api {

/// Decodes base64url without padding (RFC 7515, section 2). Strict, so that each text of bytes has
/// one spelling only: empty for another alphabet, padding, a length that no text of bytes has, and
/// for unused bits that are not zero.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace vcache::api
