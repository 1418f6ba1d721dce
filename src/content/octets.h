#pragma once

#include <cstddef>
#include <string_view>

namespace vcache::content {

/// The byte at `at`, which must be there, without the sign that `char` may have.
inline unsigned char Octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace vcache::content
