#include "api/auth/base64url.h"

#include <doctest/doctest.h>

#include "support/jwt_maker.h"

using namespace vcache;
using api::DecodeBase64Url;

TEST_CASE("DecodeBase64Url: gives back every text of bytes") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(DecodeBase64Url(test::Base64Url(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST_CASE("DecodeBase64Url: one spelling for each text of bytes (rule S1)") {
  CHECK(DecodeBase64Url("") == "");
  CHECK(DecodeBase64Url("QQ") == "A");
  for (const char* other : {"Q", "QR", "QQ==", "QQ=", "QQ ", " QQ", "QUF", "QUE+", "QU/=", "Q Q",
                            "QUFB\n", "QUFBQ", "\xC3\xA4"}) {
    CAPTURE(other);
    CHECK_FALSE(DecodeBase64Url(other));
  }
  CHECK_FALSE(DecodeBase64Url(std::string_view("QQ\0", 3)));
}
