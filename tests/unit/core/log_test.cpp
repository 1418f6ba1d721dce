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

TEST_CASE("EscapeForLog: cuts at whole characters") {
  CHECK(EscapeForLog("abcdef", 3) == "abc...");
  CHECK(EscapeForLog("ab\xC3\xA9", 3) == "ab...");
  CHECK(EscapeForLog("abc", 3) == "abc");
}
