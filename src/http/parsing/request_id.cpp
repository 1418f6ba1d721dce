#include "http/parsing/request_id.h"

#include <sys/random.h>

#include <algorithm>
#include <span>

#include "vcache/core/hex.h"

namespace vcache::http {

std::string RequestIds::Make() {
  if (used_ == random_.size()) {
    // getrandom(2) neither interrupts nor shortens reads of up to 256 bytes.
    if (::getrandom(random_.data(), random_.size(), 0) < 0) random_.fill(0);
    used_ = 0;
  }
  const auto bytes = std::as_bytes(std::span(random_)).subspan(used_, kIdBytes);
  used_ += kIdBytes;
  return ToHex(bytes);
}

bool RequestIds::WellFormed(std::string_view id) noexcept {
  if (id.empty() || id.size() > 64) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace vcache::http
