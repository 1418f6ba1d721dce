#include "vcache/core/utf8.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;

TEST_CASE("IsUtf8: what RFC 3629 allows, up to its last character") {
  for (const std::string_view good :
       {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(IsUtf8(good));
    CHECK(IsUtf8(std::string(good) + "!"));
  }
  CHECK(IsUtf8(std::string_view("nul \0 inside", 12)));
}

TEST_CASE("IsUtf8: overlong forms, surrogates, what is cut off or beyond Unicode are refused") {
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
        "\x28\xB5\x2F\xFD"}) {
    CHECK_FALSE(IsUtf8(bad));
    CHECK_FALSE(IsUtf8("a" + std::string(bad)));
    CHECK_FALSE(IsUtf8(std::string(bad) + "a"));
  }
}
