#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vcache::content {

/// The byte at `at`, which must be there, without the sign that `char` may have.
inline unsigned char Octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// `count` bytes (8 at most) as a number, most significant first; the caller has checked that they
/// are there.
inline std::uint64_t BigEndian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | Octet(bytes, at + i);
  return value;
}

/// Likewise, least significant first.
inline std::uint64_t LittleEndian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8U | Octet(bytes, at + i - 1);
  return value;
}

}  // namespace vcache::content
