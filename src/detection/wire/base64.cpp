#include "detection/wire/base64.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace vcache::detection {

Result<std::string> Base64Of(ByteSource& source) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;                      // of bits that no digit stands for yet
  std::array<std::byte, 16 * 1024> piece;  // NOLINT: filled by Read
  for (;;) {
    const Result<std::size_t> size = source.Read(piece);
    if (!size) return size.error();
    if (*size == 0) break;
    for (const std::byte byte : std::span(piece).first(*size)) {
      bits = (bits << 8U) | std::to_integer<std::uint32_t>(byte);
      for (count += 8; count >= 6;) text += kAlphabet[(bits >> (count -= 6)) & 63U];
    }
  }
  if (count > 0) text += kAlphabet[(bits << (6 - count)) & 63U];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

}  // namespace vcache::detection
