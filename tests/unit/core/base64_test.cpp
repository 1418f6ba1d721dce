#include "vcache/core/base64.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;

TEST_CASE("DecodeBase64: the standard alphabet with padding, and nothing else") {
  CHECK(DecodeBase64("") == "");
  CHECK(DecodeBase64("Zg==") == "f");
  CHECK(DecodeBase64("Zm8=") == "fo");
  CHECK(DecodeBase64("Zm9vYmFy") == "foobar");
  CHECK(DecodeBase64("AP/+") == std::string("\0\xFF\xFE", 3));
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zm9-", "Zm 9", "Zg==Zg=="}) {
    CAPTURE(bad);
    CHECK_FALSE(DecodeBase64(bad));
  }
}

TEST_CASE("EncodeBase64: what DecodeBase64 reads") {
  CHECK(EncodeBase64(AsBytes("")).empty());
  CHECK(EncodeBase64(AsBytes("f")) == "Zg==");
  CHECK(EncodeBase64(AsBytes("fo")) == "Zm8=");
  CHECK(EncodeBase64(AsBytes("foobar")) == "Zm9vYmFy");
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    CHECK(DecodeBase64(EncodeBase64(AsBytes(bytes))) == bytes);
  }
}
