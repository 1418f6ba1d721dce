#pragma once

#include <cstddef>
#include <string_view>

namespace vcache::detection {

/// The number of words in valid UTF-8 for vendors that bill by the word; at least 1. Vendors do not
/// say how they count, so this is the most expensive usual way. ASCII white space and punctuation,
/// except `'`, `-` and `_`, separate words. In scripts without spaces (Chinese, Japanese, Thai,
/// Lao, Khmer, Burmese, Tibetan) each character is a word.
std::size_t CountWords(std::string_view text) noexcept;

}  // namespace vcache::detection
