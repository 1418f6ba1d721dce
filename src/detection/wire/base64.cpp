#include "detection/wire/base64.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace vcache::detection {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes pieces of any size, six bits at a time.
class Encoder {
 public:
  void Take(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) {
      bits_ = (bits_ << 8U) | std::to_integer<std::uint32_t>(byte);
      count_ += 8;
      while (count_ >= 6) {
        count_ -= 6;
        text_ += kAlphabet[(bits_ >> count_) & 63U];
      }
    }
  }

  std::string Finish() {
    if (count_ > 0) text_ += kAlphabet[(bits_ << (6 - count_)) & 63U];
    while (text_.size() % 4 != 0) text_ += '=';
    return std::move(text_);
  }

 private:
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
  std::string text_;
};

}  // namespace

Result<std::string> Base64Of(ByteSource& source) {
  Encoder encoder;
  std::array<std::byte, 16 * 1024> piece;  // NOLINT: filled by Read
  for (;;) {
    const Result<std::size_t> count = source.Read(piece);
    if (!count) return count.error();
    if (*count == 0) return encoder.Finish();
    encoder.Take({piece.data(), *count});
  }
}

}  // namespace vcache::detection
