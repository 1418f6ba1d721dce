#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace vcache {

/// Content as bytes; text is `std::string_view`. Owns nothing: valid as long as the bytes it views.
using ByteView = std::span<const std::byte>;

inline ByteView AsBytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The same bytes as text; the encoding is not checked.
inline std::string_view AsText(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace vcache
