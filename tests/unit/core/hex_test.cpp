#include "vcache/core/hex.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;

TEST_CASE("HexValue, ToHex: digits of either case are read, lower-case ones are written") {
  for (int value = 0; value < 256; ++value) {
    CAPTURE(value);
    const std::string byte(1, static_cast<char>(value));
    const std::string hex = ToHex(AsBytes(byte));
    REQUIRE(hex.size() == 2);
    CHECK(HexValue(hex[0]) * 16 + HexValue(hex[1]) == value);
    const bool is_digit = std::string("0123456789abcdefABCDEF").find(byte) != std::string::npos;
    CHECK((HexValue(byte[0]) >= 0) == is_digit);
  }
  CHECK(ToHex(AsBytes("\x01\xAB")) == "01ab");
  CHECK(HexValue('F') == 15);
}

TEST_CASE("PercentEncode: nothing of a text is taken for a part of a path or query") {
  CHECK(PercentEncode("vcache:events") == "vcache%3Aevents");
  CHECK(PercentEncode("a/b?c#d%e f\n") == "a%2Fb%3Fc%23d%25e%20f%0A");
  CHECK(PercentEncode("A-z_0.9~") == "A-z_0.9~");
}

TEST_CASE("PercentDecode: decodes once, any byte, and refuses broken escapes") {
  CHECK(PercentDecode("a%20b%2Fc") == "a b/c");
  CHECK(PercentDecode("%2541") == "%41");
  CHECK(PercentDecode("%00") == std::string(1, '\0'));
  CHECK(PercentDecode("%fF") == "\xFF");
  CHECK(PercentDecode("") == "");
  for (const char* broken : {"%", "%4", "a%", "%4g", "%g4", "%-1", "%+1", "% 1", "%%41"}) {
    CAPTURE(broken);
    CHECK_FALSE(PercentDecode(broken));
  }
}

TEST_CASE("PercentDecode: + is a space in forms only") {
  CHECK(PercentDecode("a+b%2B") == "a+b+");
  CHECK(PercentDecode("a+b%2B", true) == "a b+");
}
