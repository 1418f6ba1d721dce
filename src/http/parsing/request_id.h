#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace vcache::http {

/// Makes ids for requests without one. For one thread.
class RequestIds {
 public:
  /// 16 random bytes in hexadecimal.
  std::string Make();

  /// Whether logs and answers may use a client's id: 1 to 64 letters, digits, `.`, `_` and `-`.
  static bool WellFormed(std::string_view id) noexcept;

 private:
  static constexpr std::size_t kIdBytes = 16;
  std::array<unsigned char, 16 * kIdBytes> random_{};  // filled for many ids at once
  std::size_t used_ = sizeof random_;
};

}  // namespace vcache::http
