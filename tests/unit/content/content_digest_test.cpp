#include "vcache/content/content_digest.h"

#include <doctest/doctest.h>

#include <unordered_set>

using vcache::content::ContentDigest;

namespace {
constexpr std::string_view kHex =
    "00ff17a0b9c8d7e6f5041322314f5e6d7c8b9aa9b8c7d6e5f4031221304e5d6f";
}

TEST_CASE("ContentDigest: hexadecimal goes in and comes out, in either case") {
  const auto digest = ContentDigest::FromHex(kHex);
  REQUIRE(digest);
  CHECK(digest->ToHex() == kHex);
  CHECK(digest->ToShortHex() == "00ff17a0b9c8");
  CHECK(digest->bytes()[1] == std::byte{0xFF});
  std::string upper(kHex);
  for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  CHECK(ContentDigest::FromHex(upper) == digest);
}

TEST_CASE("ContentDigest: refuses all that is not exactly 64 hexadecimal digits") {
  CHECK_FALSE(ContentDigest::FromHex(""));
  CHECK_FALSE(ContentDigest::FromHex(kHex.substr(1)));
  CHECK_FALSE(ContentDigest::FromHex(std::string(kHex) + "0"));
  CHECK_FALSE(ContentDigest::FromHex(std::string(kHex) + '\0'));
  for (int c = 0; c < 256; ++c) {
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{63}}) {
      std::string hex(kHex);
      hex[at] = static_cast<char>(c);
      CAPTURE(c);
      CHECK(ContentDigest::FromHex(hex).has_value() == digit);
    }
  }
}

TEST_CASE("ContentDigest: compares by value and hashes what differs differently") {
  const auto one = ContentDigest::FromHex(std::string(63, '0') + "1").value();
  CHECK(one != ContentDigest());
  CHECK(ContentDigest() < one);
  const std::unordered_set<ContentDigest> set = {one, ContentDigest(), one};
  CHECK(set.size() == 2);
}
