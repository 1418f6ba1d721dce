#include "vcache/core/secret.h"

#include <doctest/doctest.h>

#include <type_traits>

using vcache::Secret;

TEST_CASE("Secret: equals itself only; an empty one equals nothing") {
  const Secret secret("correct horse");
  CHECK(secret.Equals("correct horse"));
  CHECK_FALSE(secret.Equals("correct hors"));
  CHECK_FALSE(secret.Equals("correct horsf"));
  CHECK_FALSE(secret.Equals("correct horsecorrect horse"));
  CHECK_FALSE(secret.Equals(""));
  CHECK_FALSE(Secret().Equals(""));
  CHECK_FALSE(Secret("aa").Equals("a"));
  CHECK_FALSE(Secret("a").Equals("aa"));
}

TEST_CASE("Secret: does not turn into text by itself") {
  CHECK_FALSE(std::is_convertible_v<Secret, std::string>);
  CHECK_FALSE(std::is_convertible_v<Secret, std::string_view>);
}
