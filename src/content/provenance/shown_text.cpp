#include "content/provenance/shown_text.h"

#include "content/octets.h"
#include "vcache/core/utf8.h"

namespace vcache::content {
namespace {

/// C1 controls, U+200E, U+200F, U+2028 to U+202E and U+2066 to U+2069 can disguise a text.
bool IsInvisible(std::string_view sequence) {
  if (sequence.size() == 2) return sequence[0] == '\xC2' && Octet(sequence, 1) < 0xA0;
  if (sequence.starts_with("\xE2\x80")) {
    const unsigned char last = Octet(sequence, 2);
    return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
  }
  return sequence.starts_with("\xE2\x81") && Octet(sequence, 2) >= 0xA6 &&
         Octet(sequence, 2) <= 0xA9;
}

}  // namespace

std::string ShownText(std::string_view text, std::size_t max_bytes) {
  std::string shown;
  std::size_t at = 0;
  while (at < text.size()) {
    const bool ascii = Octet(text, at) < 0x80;
    const std::size_t length = Utf8SequenceLength(text, at);
    const std::string_view sequence = text.substr(at, length == 0 ? 1 : length);
    const bool dropped =
        length == 0 || (ascii ? Octet(text, at) < 0x20 || text[at] == 0x7F : IsInvisible(sequence));
    const std::string_view kept = dropped ? " " : sequence;
    at += sequence.size();
    if (kept == " " && (shown.empty() || shown.back() == ' ')) continue;
    if (shown.size() + kept.size() > max_bytes) break;
    shown += kept;
  }
  while (shown.ends_with(' ')) shown.pop_back();
  return shown;
}

}  // namespace vcache::content
