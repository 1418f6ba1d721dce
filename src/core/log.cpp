#include "vcache/core/log.h"

#include <array>

#include "vcache/core/utf8.h"

namespace vcache {
namespace {

class DroppingLogger final : public Logger {
 public:
  bool Enabled(LogLevel) const noexcept override { return false; }
  void Log(LogLevel, std::string_view, std::span<const LogField>) noexcept override {}
};

unsigned char Byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Code points that steer a terminal or hide text: C1 controls, line and paragraph separators,
/// bidirectional overrides and isolates, zero-width characters, the byte order mark.
bool SteersDisplay(std::string_view sequence) {
  static constexpr std::array<std::string_view, 6> kPrefixes = {"\xE2\x80\x8B", "\xE2\x80\x8C",
                                                                "\xE2\x80\x8D", "\xE2\x80\x8E",
                                                                "\xE2\x80\x8F", "\xEF\xBB\xBF"};
  if (sequence.size() == 2) return Byte(sequence, 0) == 0xC2 && Byte(sequence, 1) < 0xA0;
  if (sequence.size() != 3) return false;
  for (const std::string_view prefix : kPrefixes) {
    if (sequence == prefix) return true;
  }
  if (Byte(sequence, 0) != 0xE2) return false;
  if (Byte(sequence, 1) == 0x80) return Byte(sequence, 2) >= 0xA8 && Byte(sequence, 2) <= 0xAE;
  return Byte(sequence, 1) == 0x81 && Byte(sequence, 2) >= 0xA0 && Byte(sequence, 2) <= 0xAF;
}

void AppendHex(std::string& out, unsigned char byte) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 0xFU];
}

}  // namespace

Logger& NullLogger() noexcept {
  static DroppingLogger logger;
  return logger;
}

std::string EscapeForLog(std::string_view text, std::size_t max_bytes) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = Utf8SequenceLength(text, at);
    const std::size_t step = length == 0 ? 1 : length;
    if (at + step > max_bytes) {
      out += "...";
      break;
    }
    const std::string_view sequence = text.substr(at, step);
    const bool control = step == 1 && (Byte(text, at) < 0x20 || Byte(text, at) == 0x7F);
    if (length == 0 || control || SteersDisplay(sequence)) {
      for (const char c : sequence) AppendHex(out, static_cast<unsigned char>(c));
    } else {
      out += sequence;
    }
    at += step;
  }
  return out;
}

}  // namespace vcache
