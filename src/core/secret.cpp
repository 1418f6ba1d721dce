#include "vcache/core/secret.h"

namespace vcache {

bool Secret::Equals(std::string_view candidate) const noexcept {
  // Compare every byte, so that the time tells only lengths. `volatile` keeps the compiler from
  // leaving the loop early.
  volatile unsigned char difference = value_.size() == candidate.size() ? 0 : 1;
  if (value_.empty()) return false;
  for (std::size_t i = 0; i < candidate.size(); ++i) {
    const auto ours = static_cast<unsigned char>(value_[i % value_.size()]);
    const auto theirs = static_cast<unsigned char>(candidate[i]);
    difference = static_cast<unsigned char>(difference | (ours ^ theirs));
  }
  return difference == 0;
}

}  // namespace vcache
