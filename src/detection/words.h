#pragma once

#include <cstddef>
#include <string_view>

namespace vcache::detection {

/// How many words a text has for those who bill by the word: runs of bytes between ASCII white
/// space. An estimate, as vendors do not say how they count; at least 1.
std::size_t CountWords(std::string_view text) noexcept;

}  // namespace vcache::detection
