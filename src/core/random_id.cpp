#include "vcache/core/random_id.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>

namespace vcache {

std::string RandomId() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, 16> bytes;
  // getrandom(2) fills requests of up to 256 bytes completely and without interruption.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

}  // namespace vcache
