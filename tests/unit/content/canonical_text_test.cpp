#include "vcache/content/canonical_text.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using content::MakeCanonicalText;

namespace {

/// UTF-8 of any code point, valid or not: surrogates are encoded as if they were allowed.
std::string Encode(char32_t c) {
  const auto tail = [](char32_t bits) { return static_cast<char>(0x80U | (bits & 0x3FU)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0U | c >> 6U), tail(c)};
  if (c < 0x10000) return {static_cast<char>(0xE0U | c >> 12U), tail(c >> 6U), tail(c)};
  return {static_cast<char>(0xF0U | c >> 18U), tail(c >> 12U), tail(c >> 6U), tail(c)};
}

std::string Canonical(std::string_view text) {
  const auto canonical = MakeCanonicalText(text);
  REQUIRE(canonical);
  return canonical->text;
}

/// The offset that the error names.
std::string OffsetOf(std::string_view text) {
  const auto canonical = MakeCanonicalText(text);
  REQUIRE_FALSE(canonical);
  CHECK(canonical.error().code == ErrorCode::kInvalidUtf8);
  const std::string& message = canonical.error().message;
  const std::size_t begin = message.find("offset ") + 7;
  return message.substr(begin, message.find(' ', begin) - begin);
}

// Unicode 15, PropList.txt, White_Space; and the byte order mark.
bool IsWhiteSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

}  // namespace

TEST_CASE("CanonicalText: a form post and a JSON post of the same text agree") {
  CHECK(Canonical("one\r\ntwo\rthree\n\r\nfour") == "one\ntwo\nthree\n\nfour");
  CHECK(Canonical("one\r\r\ntwo") == "one\n\ntwo");
  CHECK(Canonical("\r\n  text \t\r\n") == "text");
  CHECK(Canonical("\xEF\xBB\xBFtext") == "text");
}

TEST_CASE("CanonicalText: nothing inside is changed") {
  CHECK(Canonical("a  b\t\tc\xC2\xA0\xC2\xA0"
                  "d\n \ne") ==
        "a  b\t\tc\xC2\xA0\xC2\xA0"
        "d\n \ne");
  CHECK(Canonical("a\xEF\xBB\xBF"
                  "b") ==
        "a\xEF\xBB\xBF"
        "b");
  CHECK(Canonical("e\xCC\x81 \xC3\xA9") == "e\xCC\x81 \xC3\xA9");  // not normalised
  CHECK(Canonical(std::string_view("a\0b", 3)) == std::string_view("a\0b", 3));
}

TEST_CASE("CanonicalText: exactly Unicode's white space and the byte order mark go at both ends") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string piece = Encode(c);
    const auto canonical = MakeCanonicalText(piece + "x" + piece);
    REQUIRE(canonical);
    const std::size_t expected = IsWhiteSpace(c) ? 1 : 3;
    if (canonical->characters != expected) {
      CAPTURE(static_cast<std::uint32_t>(c));
      CHECK(canonical->characters == expected);
    }
  }
}

TEST_CASE("CanonicalText: counts code points of the canonical form") {
  CHECK(MakeCanonicalText("")->characters == 0);
  CHECK(MakeCanonicalText(" \r\n\xE3\x80\x80 ")->characters == 0);
  CHECK(MakeCanonicalText("a\r\nb")->characters == 3);
  CHECK(MakeCanonicalText(" \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 ")->characters == 3);
  CHECK(MakeCanonicalText(std::string(5000, 'x'))->characters == 5000);
}

TEST_CASE("CanonicalText: every code point but the surrogates is UTF-8, and no other bytes are") {
  for (const char32_t c : {0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0x110000, 0x13FFFF}) {
    CHECK(OffsetOf("ab" + Encode(c)) == "2");
  }
  for (const std::string_view bad :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80", "\xFF", "\xFE", "\x80", "\xBF", "\xC3(",
        "\xE2\x82(", "\xF0\x9F\x98(", "\xE2(\xAC", "\xF8\x88\x80\x80\x80"}) {
    CHECK(OffsetOf("ab" + std::string(bad) + "cdefghijklmnop") == "2");
  }
}

TEST_CASE("CanonicalText: names the first offence wherever it stands, cut sequences included") {
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string text(before, 'x');
    CAPTURE(before);
    CHECK(OffsetOf(text + "\xFF" + text + "\xFF") == std::to_string(before));
    for (const std::string_view cut : {"\xC3", "\xE2", "\xE2\x82", "\xF0\x9F", "\xF0\x9F\x98"}) {
      CHECK(OffsetOf(text + std::string(cut)) == std::to_string(before));
    }
  }
  CHECK(OffsetOf("\xC3\xA9\xFF") == "2");
  CHECK(OffsetOf("  \xFF  ") == "2");  // also in what would be dropped
  CHECK(MakeCanonicalText("\xFF text").error().message.find("text is not UTF-8") !=
        std::string::npos);
}
