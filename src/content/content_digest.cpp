#include "vcache/content/content_digest.h"

#include <cstring>

namespace vcache::content {
namespace {

int DigitValue(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<ContentDigest> ContentDigest::FromHex(std::string_view hex) noexcept {
  if (hex.size() != 2 * kDigestSize) return std::nullopt;
  Bytes bytes{};
  for (std::size_t i = 0; i < kDigestSize; ++i) {
    const int high = DigitValue(hex[2 * i]);
    const int low = DigitValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return ContentDigest(bytes);
}

std::string ContentDigest::ToHex() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(2 * kDigestSize, '0');
  for (std::size_t i = 0; i < kDigestSize; ++i) {
    const auto byte = std::to_integer<unsigned>(bytes_[i]);
    hex[2 * i] = kDigits[byte >> 4U];
    hex[2 * i + 1] = kDigits[byte & 0xFU];
  }
  return hex;
}

std::string ContentDigest::ToShortHex() const {
  return ToHex().substr(0, 12);
}

}  // namespace vcache::content

std::size_t std::hash<vcache::content::ContentDigest>::operator()(
    const vcache::content::ContentDigest& digest) const noexcept {
  // Part of a SHA-256 is a good hash already.
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes().data(), sizeof value);
  return value;
}
