#include "vcache/content/canonical_text.h"

#include <algorithm>
#include <array>

#include "content/octets.h"
#include "vcache/core/utf8.h"

namespace vcache::content {
namespace {

/// Whether one well-formed sequence is white space: Unicode's White_Space and the byte order mark.
bool IsBlank(std::string_view sequence) {
  static constexpr std::array<std::string_view, 9> kWide = {
      "\xC2\x85",      // U+0085
      "\xC2\xA0",      // U+00A0
      "\xE1\x9A\x80",  // U+1680
      "\xE2\x80\xA8",  // U+2028
      "\xE2\x80\xA9",  // U+2029
      "\xE2\x80\xAF",  // U+202F
      "\xE2\x81\x9F",  // U+205F
      "\xE3\x80\x80",  // U+3000
      "\xEF\xBB\xBF",  // U+FEFF
  };
  if (sequence.size() == 1) {
    const unsigned char byte = Octet(sequence, 0);
    return byte == ' ' || (byte >= 0x09 && byte <= 0x0D);
  }
  if (sequence.starts_with("\xE2\x80") && Octet(sequence, 2) <= 0x8A) return true;  // U+2000-200A
  return std::find(kWide.begin(), kWide.end(), sequence) != kWide.end();
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text, 0);
    if (!IsBlank(text.substr(0, length))) break;
    text.remove_prefix(length);
  }
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while ((Octet(text, begin) & 0xC0U) == 0x80U) --begin;
    if (!IsBlank(text.substr(begin))) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

std::string WithLineFeeds(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t at = text.find('\r');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(text.substr(at).starts_with("\r\n") ? at + 2 : at + 1);
  }
  return out;
}

}  // namespace

Result<CanonicalText> MakeCanonicalText(std::string_view text) {
  if (const std::size_t offence = Utf8Prefix(text); offence != text.size()) {
    return Error{ErrorCode::kInvalidUtf8, "The text is not UTF-8: the byte at offset " +
                                              std::to_string(offence) +
                                              " does not begin a valid character."};
  }
  CanonicalText canonical;
  canonical.text = WithLineFeeds(Trimmed(text));
  const auto continuations =
      std::count_if(canonical.text.begin(), canonical.text.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
  canonical.characters = canonical.text.size() - static_cast<std::size_t>(continuations);
  return canonical;
}

}  // namespace vcache::content
