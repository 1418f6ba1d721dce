#pragma once

#include <cstddef>
#include <string_view>

namespace vcache::config {

/// Whether a secret is a placeholder, or made like one, and would be guessed. What people leave in
/// (`change-me`, `your-...`) is, and so is what repeats a part shorter than `least_size` or has
/// fewer than four different characters. Of everything else the words that stand in examples are
/// taken away, and of a run (`aaaa`, `1234`, `qwerty`, in either direction) all but its first
/// character: 6 of each 16 characters of `least_size` must be left. Upper and lower case are the
/// same. Random hex or base64 of `least_size` (16 or more) characters is refused about once in ten
/// million.
bool IsGuessable(std::string_view secret, std::size_t least_size);

}  // namespace vcache::config
