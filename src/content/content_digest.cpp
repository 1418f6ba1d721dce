#include "vcache/content/content_digest.h"

#include <cstring>

#include "vcache/core/hex.h"

namespace vcache::content {
std::optional<ContentDigest> ContentDigest::FromHex(std::string_view hex) noexcept {
  if (hex.size() != 2 * kDigestSize) return std::nullopt;
  Bytes bytes{};
  for (std::size_t i = 0; i < kDigestSize; ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return ContentDigest(bytes);
}

std::string ContentDigest::ToHex() const {
  return vcache::ToHex(bytes_);
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
