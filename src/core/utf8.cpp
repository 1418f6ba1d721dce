#include "vcache/core/utf8.h"

#include <cstdint>
#include <cstring>

namespace vcache {
namespace {

unsigned char OctetAt(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// The number of ASCII bytes from `at` on. Compares eight bytes at a time.
std::size_t AsciiRun(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::uint64_t word = 0;
  while (text.size() - end >= sizeof word) {
    std::memcpy(&word, text.data() + end, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
    end += sizeof word;
  }
  while (end < text.size() && OctetAt(text, end) < 0x80) ++end;
  return end - at;
}

}  // namespace

std::size_t Utf8SequenceLength(std::string_view text, std::size_t at) noexcept {
  const unsigned char lead = OctetAt(text, at);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() - at < length) return 0;
  // Excludes overlong forms, surrogates and everything above U+10FFFF.
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (OctetAt(text, at + 1) < low || OctetAt(text, at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((OctetAt(text, at + i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

std::size_t Utf8Prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    at += AsciiRun(text, at);
    if (at == text.size()) break;
    const std::size_t length = Utf8SequenceLength(text, at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace vcache
