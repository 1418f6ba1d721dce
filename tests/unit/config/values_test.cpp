#include "config/values.h"

#include <doctest/doctest.h>

using namespace vcache::config;

TEST_CASE("ParseWhole: digits and nothing else, refused on overflow") {
  CHECK(ParseWhole("0") == 0);
  CHECK(ParseWhole("007") == 7);
  CHECK(ParseWhole("9223372036854775807") == INT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "1_000", "1,000",
                           "9223372036854775808", "99999999999999999999999", "one", "\xD9\xA1"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseWhole(text));
  }
}

TEST_CASE("ParseList: trims its parts and refuses empty ones") {
  CHECK(ParseList("a") == std::vector<std::string>{"a"});
  CHECK(ParseList(" a , b,c ") == std::vector<std::string>{"a", "b", "c"});
  for (const char* text : {"", " ", ",", "a,", ",a", "a,,b"}) CHECK_FALSE(ParseList(text));
  CHECK(JoinList({"a", "b"}) == "a,b");
  CHECK(JoinList({}).empty());
}

TEST_CASE("Trim: takes blanks from both ends and nothing from within") {
  CHECK(Trim(" \t a b \r\n") == "a b");
  CHECK(Trim(" \t ").empty());
  CHECK(Trim("").empty());
}
