#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::http {

/// Names for requests that came without one. One thread.
class RequestIds {
 public:
  /// 16 random bytes in hexadecimal.
  std::string Make();

  /// Whether a client's own id may be taken over into logs and answers: 1 to 64 characters of
  /// letters, digits, `.`, `_` and `-`.
  static bool WellFormed(std::string_view id) noexcept;

 private:
  static constexpr std::size_t kIdBytes = 16;
  std::array<unsigned char, 16 * kIdBytes> random_{};  // asked for many at once
  std::size_t used_ = sizeof random_;
};

}  // namespace vcache::http
