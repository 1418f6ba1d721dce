#include "vcache/core/log.h"

#include <algorithm>
#include <array>

#include "vcache/core/hex.h"
#include "vcache/core/utf8.h"

namespace vcache {
namespace {

class DroppingLogger final : public Logger {
 public:
  bool Enabled(LogLevel) const noexcept override { return false; }
  void Log(LogLevel, LogMessage, std::span<const LogField>) noexcept override {}
};

struct CodePoints {
  char32_t first;
  char32_t last;
};

/// Characters that steer a terminal, are invisible or pass for a plain space: controls, soft
/// hyphen, direction marks, zero-width characters, other spaces, line and paragraph separators,
/// variation selectors, interlinear marks, the byte order mark, tags.
constexpr std::array kSteering = std::to_array<CodePoints>({{0x00, 0x1F},
                                                            {0x7F, 0xA0},
                                                            {0xAD, 0xAD},
                                                            {0x61C, 0x61C},
                                                            {0x1680, 0x1680},
                                                            {0x180B, 0x180F},
                                                            {0x2000, 0x200F},
                                                            {0x2028, 0x202F},
                                                            {0x205F, 0x206F},
                                                            {0x3000, 0x3000},
                                                            {0xFE00, 0xFE0F},
                                                            {0xFEFF, 0xFEFF},
                                                            {0xFFF9, 0xFFFB},
                                                            {0xE0000, 0xE0FFF}});

char32_t CodePointOf(std::string_view sequence) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
  if (sequence.size() == 1) return byte(0);
  char32_t code = byte(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t at = 1; at < sequence.size(); ++at) code = code << 6U | (byte(at) & 0x3FU);
  return code;
}

bool SteersDisplay(std::string_view sequence) {
  const char32_t code = CodePointOf(sequence);
  return std::any_of(kSteering.begin(), kSteering.end(), [code](const CodePoints& range) {
    return range.first <= code && code <= range.last;
  });
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
    if (length == 0 || SteersDisplay(sequence)) {
      for (std::size_t i = 0; i < step; ++i) {
        out += "\\x" + ToHex(AsBytes(sequence.substr(i, 1)));
      }
    } else {
      if (sequence == "\\") out += '\\';
      out += sequence;
    }
    at += step;
  }
  return out;
}

std::string CutForLog(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t at = 0;
  for (;;) {
    const std::size_t step = std::max<std::size_t>(1, Utf8SequenceLength(text, at));
    if (at + step > max_bytes) return std::string(text.substr(0, at)) + "...";
    at += step;
  }
}

}  // namespace vcache
