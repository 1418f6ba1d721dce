#pragma once

#include <cstddef>
#include <string_view>

namespace vcache::config {

/// Whether a secret is a placeholder or otherwise easy to guess. Guessable: a placeholder
/// (`change-me`, `your-...`), a repeated part shorter than `least_size`, or fewer than four
/// different characters. From other secrets it removes words of examples, and all but the first
/// character of a run (`aaaa`, `1234`, `qwerty`, in either direction). Of each 16 characters of
/// `least_size`, 6 must be left. Ignores case. Rejects random hex or base64 of `least_size` (16 or
/// more) characters about once in ten million.
bool IsGuessable(std::string_view secret, std::size_t least_size);

}  // namespace vcache::config
