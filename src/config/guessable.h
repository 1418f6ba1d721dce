#pragma once

#include <cstddef>
#include <string_view>

namespace vcache::config {

/// Whether a secret is easy to guess: a placeholder (`change-me`, `your-...`), a repeated part
/// shorter than `least_size`, or fewer than four different characters. Words of examples do not
/// count, and of a run (`aaaa`, `1234`, `qwerty`) only the first character: of each 16 characters
/// of `least_size`, 6 must be left. Ignores case. Rejects random hex or base64 (16 or more) about
/// once in ten million.
bool IsGuessable(std::string_view secret, std::size_t least_size);

/// A secret that signs or keys something: what it takes, and whether a text is one.
inline constexpr const char* kLongSecretIs =
    "32 to 4096 bytes that nobody guesses (no words like password, no runs like 1234, no "
    "repetitions); make one with `openssl rand -hex 32`";
bool IsLongSecret(std::string_view text);

}  // namespace vcache::config
