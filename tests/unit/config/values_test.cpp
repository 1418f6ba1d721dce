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

TEST_CASE("ParseUsd: decimal amounts become millionths exactly, without floating point") {
  CHECK(ParseUsd("0") == 0);
  CHECK(ParseUsd("0.01") == 10'000);
  CHECK(ParseUsd("0.000001") == 1);
  CHECK(ParseUsd("0.1") == 100'000);
  CHECK(ParseUsd("1.23") == 1'230'000);
  CHECK(ParseUsd("12.345678") == 12'345'678);
  CHECK(ParseUsd("9000000000000.999999") == 9'000'000'000'000'999'999);
  for (const char* text : {"", ".", ".5", "5.", "0.0000001", "-1", "+1", "1,5", "1.2.3", "1e-2",
                           "0.-1", "$1", "nan", "9223372036854775807"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseUsd(text));
  }
}

TEST_CASE("FormatUsd: writes the shortest text that reads as the same amount") {
  CHECK(FormatUsd(0) == "0");
  CHECK(FormatUsd(10'000) == "0.01");
  CHECK(FormatUsd(1) == "0.000001");
  CHECK(FormatUsd(12'500'000) == "12.5");
  for (const std::int64_t micros : {0, 1, 10, 999'999, 1'000'000, 1'000'001, 123'456'789}) {
    CHECK(ParseUsd(FormatUsd(micros)) == micros);
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
