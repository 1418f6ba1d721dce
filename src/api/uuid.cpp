#include "api/uuid.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace vcache::api {

std::string MakeUuid() {
  std::array<unsigned char, 16> bytes{};
  // Reads of up to 256 bytes are complete once the kernel's generator is seeded, at boot.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4U];
    text += kDigits[bytes[i] & 0xFU];
  }
  return text;
}

}  // namespace vcache::api
