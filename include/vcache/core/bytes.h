#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace vcache {

/// Content on its way through the service. Text is `std::string_view`; bytes are this.
/// A view owns nothing: it is valid as long as what it looks at.
using ByteView = std::span<const std::byte>;

/// The bytes of a text. The one place that changes between the two.
inline ByteView AsBytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The characters of some bytes, without any check of their encoding.
inline std::string_view AsText(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace vcache
