#include "vcache/core/log.h"

#include <doctest/doctest.h>

using namespace vcache;

TEST_CASE("EscapeForLog: line breaks, escape codes and broken UTF-8 are shown, not sent (S7)") {
  CHECK(EscapeForLog("a\r\nb") == "a\\x0d\\x0ab");
  CHECK(EscapeForLog("\x1b[31mred") == "\\x1b[31mred");
  CHECK(EscapeForLog("caf\xC3\xA9.jpg") == "caf\xC3\xA9.jpg");
  CHECK(EscapeForLog("caf\xE9.jpg") == "caf\\xe9.jpg");
  CHECK(EscapeForLog("\xC0\xAF") == "\\xc0\\xaf");
  CHECK(EscapeForLog("\xC2\x9B") == "\\xc2\\x9b");
  CHECK(EscapeForLog("a\xE2\x80\xAEgpj.exe") == "a\\xe2\\x80\\xaegpj.exe");
}

TEST_CASE("EscapeForLog: an escape that was sent does not pass for one of ours (S7)") {
  CHECK(EscapeForLog("a\\x0ab") == "a\\\\x0ab");
  CHECK(EscapeForLog("a\nb") == "a\\x0ab");
}

TEST_CASE("EscapeForLog: what hides or passes for a plain space is shown (S7)") {
  for (const std::string hidden :
       {"\xC2\xA0", "\xC2\xAD", "\xD8\x9C", "\xE1\x9A\x80", "\xE2\x80\x83", "\xE2\x80\xA8",
        "\xE2\x81\xA0", "\xE3\x80\x80", "\xEF\xB8\x8F", "\xEF\xBF\xB9", "\xF3\xA0\x81\x81"}) {
    CAPTURE(EscapeForLog(hidden));
    CHECK(EscapeForLog(hidden).size() == 4 * hidden.size());
  }
  CHECK(EscapeForLog("\xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80") ==
        "\xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80");
}

TEST_CASE("EscapeForLog: cuts at whole characters") {
  CHECK(EscapeForLog("abcdef", 3) == "abc...");
  CHECK(EscapeForLog("ab\xC3\xA9", 3) == "ab...");
  CHECK(EscapeForLog("abc", 3) == "abc");
}

TEST_CASE("CutForLog: leaves what is short alone, and cuts the rest at whole characters") {
  CHECK(CutForLog("a\nb\\") == "a\nb\\");
  CHECK(CutForLog("abcdef", 3) == "abc...");
  CHECK(CutForLog("ab\xC3\xA9", 3) == "ab...");
  CHECK(CutForLog("ab\xFF\xFF", 3) == "ab\xFF...");
  CHECK(CutForLog("abc", 3) == "abc");
}
