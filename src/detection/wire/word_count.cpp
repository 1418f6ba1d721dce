#include "detection/wire/word_count.h"

#include <algorithm>
#include <cstdint>

namespace vcache::detection {
namespace {

/// The character at `at`, and its length; a malformed byte counts as one.
struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

Character CharacterAt(std::string_view text, std::size_t at) {
  const auto octet = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i]));
  };
  const std::uint32_t first = octet(0);
  const std::size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (bytes == 1 || bytes > text.size() - at) return {first, 1};
  std::uint32_t code = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) code = code << 6U | (octet(i) & 0x3FU);
  return {code, bytes};
}

bool IsSpace(std::uint32_t code) {
  return code == ' ' || (code >= '\t' && code <= '\r') || code == 0x3000;
}

bool PartsWords(std::uint32_t code) {
  const bool alphanumeric =
      (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z');
  return code < 0x80 && !alphanumeric && code != '\'' && code != '-' && code != '_';
}

/// Scripts that are written without spaces.
bool IsWordAlone(std::uint32_t code) {
  return (code >= 0x0E00 && code <= 0x109F) ||  // Thai, Lao, Tibetan, Burmese
         (code >= 0x1780 && code <= 0x17FF) ||  // Khmer
         (code >= 0x2E80 && code <= 0x2FFF) ||  // radicals
         (code >= 0x3040 && code <= 0xA4CF) ||  // kana, Han, Yi
         (code >= 0xF900 && code <= 0xFAFF) ||  // Han, compatibility
         (code >= 0xFF66 && code <= 0xFF9D) ||  // half-width kana
         (code >= 0x20000 && code <= 0x3FFFF);  // rare Han
}

}  // namespace

std::size_t CountWords(std::string_view text) noexcept {
  std::size_t words = 0;
  std::size_t in_run = 0;  // words since the last white space
  bool is_run = false;     // text since the last white space
  bool within_word = false;
  const auto end_run = [&] {
    if (is_run) words += std::max<std::size_t>(in_run, 1);
    in_run = 0;
    is_run = within_word = false;
  };
  for (std::size_t at = 0; at < text.size();) {
    const Character character = CharacterAt(text, at);
    at += character.bytes;
    if (IsSpace(character.code)) {
      end_run();
      continue;
    }
    is_run = true;
    const bool alone = IsWordAlone(character.code);
    const bool part_of_word = !alone && !PartsWords(character.code);
    if (alone || (part_of_word && !within_word)) ++in_run;
    within_word = part_of_word;
  }
  end_run();
  return std::max<std::size_t>(words, 1);
}

}  // namespace vcache::detection
