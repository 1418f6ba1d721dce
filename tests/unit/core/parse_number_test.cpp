#include "vcache/core/parse_number.h"

#include <doctest/doctest.h>

#include <cstdint>

using vcache::ParseNumber;

TEST_CASE("ParseNumber: takes the whole text or nothing") {
  CHECK(ParseNumber<int>("42") == 42);
  CHECK(ParseNumber<int>("-42") == -42);
  CHECK(ParseNumber<int>("007") == 7);
  CHECK(ParseNumber<double>("0.5") == 0.5);
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "0x1", "1.0", "one", "-"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseNumber<int>(text));
  }
}

TEST_CASE("ParseNumber: what the type cannot hold is nothing") {
  CHECK(ParseNumber<std::uint16_t>("65535") == 65535);
  CHECK_FALSE(ParseNumber<std::uint16_t>("65536"));
  CHECK_FALSE(ParseNumber<std::uint16_t>("-1"));
  CHECK(ParseNumber<std::int64_t>("9223372036854775807") == INT64_MAX);
  CHECK_FALSE(ParseNumber<std::int64_t>("9223372036854775808"));
}
