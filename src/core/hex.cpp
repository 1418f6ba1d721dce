#include "vcache/core/hex.h"

#include "vcache/core/ascii.h"

namespace vcache {
namespace {

void AppendDigits(std::string& out, unsigned byte, std::string_view digits) {
  out += digits[byte >> 4U];
  out += digits[byte & 0xFU];
}

bool IsUnreserved(char c) {
  return IsAlpha(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string ToHex(ByteView bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    AppendDigits(hex, std::to_integer<unsigned>(byte), "0123456789abcdef");
  }
  return hex;
}

std::string PercentEscape(char c) {
  std::string escape = "%";
  AppendDigits(escape, static_cast<unsigned char>(c), "0123456789ABCDEF");
  return escape;
}

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) encoded += IsUnreserved(c) ? std::string(1, c) : PercentEscape(c);
  return encoded;
}

std::optional<std::string> PercentDecode(std::string_view text, bool form) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += form && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace vcache
