#include "vcache/core/usd.h"

#include <doctest/doctest.h>

using vcache::StartedUnits;
using vcache::Usd;

TEST_CASE("Usd::Parse: decimal amounts become millionths exactly, without floating point") {
  CHECK(Usd::Parse("0") == Usd());
  CHECK(Usd::Parse("0.01") == Usd::FromMicros(10'000));
  CHECK(Usd::Parse("0.000001") == Usd::FromMicros(1));
  CHECK(Usd::Parse("0.1") == Usd::FromMicros(100'000));
  CHECK(Usd::Parse("1.23") == Usd::FromMicros(1'230'000));
  CHECK(Usd::Parse("12.345678") == Usd::FromMicros(12'345'678));
  CHECK(Usd::Parse("9000000000000.999999") == Usd::FromMicros(9'000'000'000'000'999'999));
  for (const char* text : {"", ".", ".5", "5.", "0.0000001", "-1", "+1", "1,5", "1.2.3", "1e-2",
                           "0.-1", "$1", "nan", "9223372036854775807"}) {
    CAPTURE(text);
    CHECK_FALSE(Usd::Parse(text));
  }
}

TEST_CASE("Usd::ToText: writes the shortest text that reads as the same amount") {
  CHECK(Usd().ToText() == "0");
  CHECK(Usd::FromMicros(10'000).ToText() == "0.01");
  CHECK(Usd::FromMicros(1).ToText() == "0.000001");
  CHECK(Usd::FromMicros(12'500'000).ToText() == "12.5");
  for (const std::int64_t micros : {0, 1, 10, 999'999, 1'000'000, 1'000'001, 123'456'789}) {
    CHECK(Usd::Parse(Usd::FromMicros(micros).ToText()) == Usd::FromMicros(micros));
  }
}

TEST_CASE("Usd::ToText: keeps the decimals that are asked for") {
  CHECK(Usd().ToText(2) == "0.00");
  CHECK(Usd::FromMicros(600'000).ToText(2) == "0.60");
  CHECK(Usd::FromMicros(3'000'000).ToText(2) == "3.00");
  CHECK(Usd::FromMicros(1'234'000).ToText(2) == "1.234");
}

TEST_CASE("StartedUnits: a started unit counts as a whole one") {
  CHECK(StartedUnits(0, 1000) == 0);
  CHECK(StartedUnits(1, 1000) == 1);
  CHECK(StartedUnits(1000, 1000) == 1);
  CHECK(StartedUnits(1001, 1000) == 2);
}
