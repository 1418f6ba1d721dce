#pragma once

#include <cstddef>
#include <string_view>

namespace vcache::detection {

/// How many words a text of valid UTF-8 has for those who bill by the word; at least 1. Vendors do
/// not say how they count, so this is the dearest of the usual ways: ASCII white space and
/// punctuation within a word part words (but not `'`, `-` and `_`), and of scripts that are written
/// without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) each character is one.
std::size_t CountWords(std::string_view text) noexcept;

}  // namespace vcache::detection
