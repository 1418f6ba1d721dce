#include "config/guessable.h"

#include <algorithm>
#include <array>
#include <string>

#include "config/values.h"
#include "vcache/core/ascii.h"

namespace vcache::config {
namespace {

/// Placeholders that are no secret, whatever surrounds them.
constexpr std::array<std::string_view, 7> kLeftIn = {
    "change-me", "change_me", "changeme", "replace-me", "replace_me", "replaceme", "placeholder"};

/// Removed before measuring the rest. A longer word precedes its own beginning.
constexpr std::array<std::string_view, 52> kWords = {
    "verdictcache", "administrator", "passwords", "password", "passphrase", "passw0rd", "p@ssw0rd",
    "passwd",       "secrets",       "secret",    "tokens",   "token",      "bearer",   "admin",
    "access",       "private",       "secure",    "examples", "example",    "sample",   "testing",
    "tests",        "test",          "default",   "dummy",    "demo",       "foobar",   "hello",
    "world",        "welcome",       "letmein",   "iloveyou", "dragon",     "monkey",   "sunshine",
    "trustno1",     "master",        "login",     "user",     "root",       "super",    "value",
    "string",       "insert",        "change",    "your",     "here",       "null",     "undefined",
    "deadbeef",     "cafebabe",      "key"};

/// Characters in keyboard or alphabet order; a run may wrap around.
constexpr std::array<std::string_view, 5> kRows = {"1234567890", "qwertyuiop", "asdfghjkl",
                                                   "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"};
constexpr std::size_t kShortestRun = 4;
constexpr std::size_t kFewestDifferent = 4;
constexpr std::size_t kLeastLeftOf16 = 6;

std::size_t WordAt(std::string_view text) {
  for (const std::string_view word : kWords) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

/// The number of characters that follow each other in `row`, forwards or backwards.
std::size_t RunIn(std::string_view row, std::size_t step, std::string_view text) {
  std::size_t length = 1;
  for (; length < text.size(); ++length) {
    const std::size_t at = row.find(text[length - 1]);
    if (at == std::string_view::npos || row[(at + step) % row.size()] != text[length]) break;
  }
  return length;
}

std::size_t RunAt(std::string_view text) {
  std::size_t longest = std::min(text.find_first_not_of(text.front()), text.size());
  for (const std::string_view row : kRows) {
    longest = std::max({longest, RunIn(row, 1, text), RunIn(row, row.size() - 1, text)});
  }
  return longest;
}

std::size_t LeftOf(std::string_view lower) {
  std::size_t left = 0;
  while (!lower.empty()) {
    std::size_t step = WordAt(lower);
    if (step == 0) {
      ++left;
      const std::size_t run = RunAt(lower);
      step = run < kShortestRun ? 1 : run;
    }
    lower.remove_prefix(step);
  }
  return left;
}

std::size_t DifferentOnes(std::string text) {
  std::sort(text.begin(), text.end());
  return static_cast<std::size_t>(std::unique(text.begin(), text.end()) - text.begin());
}

/// Whether the text repeats a part; less than half of `least_size` repeats by chance.
bool Repeats(std::string_view text, std::size_t least_size) {
  for (std::size_t period = 1; period < least_size && period + least_size / 2 <= text.size();
       ++period) {
    if (text.substr(period) == text.substr(0, text.size() - period)) return true;
  }
  return false;
}

}  // namespace

bool IsGuessable(std::string_view secret, std::size_t least_size) {
  const std::string lower = ToLower(secret);
  if (lower.starts_with("your-") || lower.starts_with("your_")) return true;
  for (const std::string_view word : kLeftIn) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return Repeats(lower, least_size) || DifferentOnes(lower) < kFewestDifferent ||
         LeftOf(lower) < kLeastLeftOf16 * least_size / 16;
}

bool IsLongSecret(std::string_view text) {
  constexpr std::size_t kLeast = 32;
  constexpr std::size_t kMost = 4096;
  return text.size() >= kLeast && text.size() <= kMost && !IsGuessable(text, kLeast);
}

}  // namespace vcache::config
