// Patterns of administrators, against a second matcher that is written to be obvious.

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/cheap.h"
#include "vcache/cache/key_space.h"

using namespace vcache;
using vcache::fuzz::Require;

namespace {

/// Which prefixes of `key` the pattern so far matches, sign by sign.
bool MatchesPlainly(std::string_view pattern, std::string_view key) {
  std::vector<bool> reached(key.size() + 1);
  reached[0] = true;
  for (const char sign : pattern) {
    std::vector<bool> next(key.size() + 1);
    for (std::size_t at = 0; at <= key.size(); ++at) {
      if (sign == '*') {
        next[at] = reached[at] || (at > 0 && next[at - 1]);
      } else if (at > 0) {
        next[at] = reached[at - 1] && (sign == '?' || sign == key[at - 1]);
      }
    }
    reached = std::move(next);
  }
  return reached[key.size()];
}

}  // namespace

/// The pattern, a line break, and a key.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = vcache::fuzz::Text(data, size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view key = input.substr(std::min(end + 1, input.size()));
  const auto pattern = cache::KeyPattern::Parse(input.substr(0, end));
  if (!pattern) return 0;
  bool matches = false;
  vcache::fuzz::RequireCheap(size, 4, [&] { matches = pattern->Matches(key); });
  if (key.size() > 4096) return 0;
  const bool whole = MatchesPlainly(pattern->text(), key);
  Require(matches || !whole, "what matches plainly matches");
  // A pattern for the usual name also matches its variants: `:` and more after that name.
  const std::size_t variant = key.rfind(':');
  const bool of_variant =
      variant != std::string_view::npos && MatchesPlainly(pattern->text(), key.substr(0, variant));
  Require(!matches || whole || of_variant, "what matches, matches plainly, or as a variant");
  return 0;
}
