#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vcache::content {

/// The unsigned byte at `at`, which must exist.
inline unsigned char Octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// `count` bytes (8 at most) as a big-endian number; the caller has checked that they exist.
inline std::uint64_t BigEndian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | Octet(bytes, at + i);
  return value;
}

/// The same, little-endian.
inline std::uint64_t LittleEndian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8U | Octet(bytes, at + i - 1);
  return value;
}

}  // namespace vcache::content
