#include "vcache/core/utf8.h"

namespace vcache {
namespace {

unsigned char OctetAt(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
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

bool IsUtf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = Utf8SequenceLength(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace vcache
