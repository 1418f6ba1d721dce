#include "http/parsing/request_id.h"

#include <sys/random.h>

#include <algorithm>

#include "vcache/core/ascii.h"

namespace vcache::http {

std::string RequestIds::Make() {
  if (used_ == random_.size()) {
    // getrandom(2) neither interrupts nor shortens reads of up to 256 bytes.
    if (::getrandom(random_.data(), random_.size(), 0) < 0) random_.fill(0);
    used_ = 0;
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  id.reserve(2 * kIdBytes);
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    const unsigned char byte = random_[used_ + i];
    id += kDigits[byte >> 4U];
    id += kDigits[byte & 0xFU];
  }
  used_ += kIdBytes;
  return id;
}

bool RequestIds::WellFormed(std::string_view id) noexcept {
  if (id.empty() || id.size() > 64) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return IsAlpha(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace vcache::http
