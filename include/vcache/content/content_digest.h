#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vcache::content {

inline constexpr std::size_t kDigestSize = 32;

/// The SHA-256 of a content.
class ContentDigest {
 public:
  using Bytes = std::array<std::byte, kDigestSize>;

  ContentDigest() = default;
  explicit ContentDigest(const Bytes& bytes) noexcept : bytes_(bytes) {}

  /// Exactly 64 hexadecimal digits of either case; anything else is empty.
  static std::optional<ContentDigest> FromHex(std::string_view hex) noexcept;

  const Bytes& bytes() const noexcept { return bytes_; }
  /// 64 lower-case digits.
  std::string ToHex() const;
  /// The first 12 digits, for log lines.
  std::string ToShortHex() const;

  friend auto operator<=>(const ContentDigest&, const ContentDigest&) = default;

 private:
  Bytes bytes_{};
};

}  // namespace vcache::content

template <>
struct std::hash<vcache::content::ContentDigest> {
  std::size_t operator()(const vcache::content::ContentDigest& digest) const noexcept;
};
