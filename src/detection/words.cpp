#include "detection/words.h"

#include <algorithm>

namespace vcache::detection {

std::size_t CountWords(std::string_view text) noexcept {
  std::size_t words = 0;
  bool within = false;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space && !within) ++words;
    within = !space;
  }
  return std::max<std::size_t>(words, 1);
}

}  // namespace vcache::detection
