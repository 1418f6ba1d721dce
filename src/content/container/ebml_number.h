#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "content/octets.h"

namespace vcache::content {

/// A variable-length EBML number (RFC 8794): the position of the first 1 bit gives the length.
struct EbmlNumber {
  std::uint64_t value = 0;
  std::size_t length = 0;  ///< 0: malformed or cut off.
  /// All value bits are 1: as a size, it means "unknown".
  bool unknown = false;
};

inline EbmlNumber ReadEbmlNumber(std::string_view bytes, std::size_t at, bool keep_marker) {
  if (at >= bytes.size() || bytes[at] == 0) return {};
  std::size_t length = 1;
  std::uint8_t marker = 0x80;
  while ((Octet(bytes, at) & marker) == 0) {
    marker = static_cast<std::uint8_t>(marker >> 1U);
    ++length;
  }
  if (bytes.size() - at < length) return {};
  const std::uint64_t rest = BigEndian(bytes, at + 1, length - 1);
  const std::uint64_t first = Octet(bytes, at) & (marker - 1U);
  EbmlNumber number;
  number.length = length;
  number.value = (keep_marker ? Octet(bytes, at) : first) << (8U * (length - 1)) | rest;
  number.unknown = (first << (8U * (length - 1)) | rest) == (std::uint64_t{1} << (7U * length)) - 1;
  return number;
}

}  // namespace vcache::content
