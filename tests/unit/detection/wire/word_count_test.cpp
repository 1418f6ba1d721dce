#include "detection/wire/word_count.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using vcache::detection::CountWords;

TEST_CASE("CountWords: runs between white space are words, whatever they are made of") {
  const std::vector<std::pair<std::string, std::size_t>> texts = {
      {"", 1},
      {"   ", 1},
      {"one", 1},
      {" one\ttwo\nthree  ", 3},
      {"He said: \"well-known, don't!\" (twice)", 5},
      {"a ... b - c", 5},
      {"caf\xC3\xA9 na\xC3\xAFve \xD0\xB4\xD0\xB0", 3}};
  for (const auto& [text, words] : texts) {
    CAPTURE(text);
    CHECK(CountWords(text) == words);
  }
}

TEST_CASE("CountWords: a text without spaces is not one word") {
  std::string list;
  for (int i = 0; i < 1'000; ++i) list += "ab,";
  CHECK(CountWords(list) == 1'000);
  CHECK(CountWords("https://a.test/b?c=d") == 6);
  CHECK(CountWords("3.14") == 2);
}

TEST_CASE("CountWords: each character of a script without spaces is a word") {
  CHECK(CountWords("\xE4\xBD\xA0\xE5\xA5\xBD") == 2);              // Chinese
  CHECK(CountWords("\xE3\x81\x82\xE3\x80\x80\xE3\x82\xA2") == 2);  // kana, a wide space
  CHECK(CountWords("abc\xE5\xA5\xBD"
                   "def") == 3);                                    // mixed
  CHECK(CountWords("\xE0\xB8\x81\xE0\xB8\x82\xE0\xB8\x83") == 3);   // Thai
  CHECK(CountWords("\xF0\xA0\x80\x80\xF0\xA0\x80\x81") == 2);       // rare Han
  CHECK(CountWords("\xED\x95\x9C\xEA\xB8\x80 \xED\x95\x9C") == 2);  // Korean has spaces
  CHECK(CountWords("\xF0\x9F\x98\x80\xF0\x9F\x98\x80") == 1);       // pictures
  CHECK(CountWords("\xE5\xA5") == 1);                               // broken
}
