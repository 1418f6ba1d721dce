#include <doctest/doctest.h>

#include <string>

#include "vcache/http/parsing/multipart.h"

using namespace vcache;
using namespace vcache::http;

TEST_CASE("ParseMediaTypeHeader: type in lower case, parameters in any order and case (H17)") {
  const auto header =
      ParseMediaTypeHeader("  Multipart/Form-Data ;CHARSET=\"UTF-8\" ;\t Boundary=aB;x=y; ");
  REQUIRE(header);
  CHECK(header->type == "multipart/form-data");
  CHECK(header->boundary == "aB");
  CHECK(header->charset == "UTF-8");
  const auto bare = ParseMediaTypeHeader("image/svg+xml");
  REQUIRE(bare);
  CHECK(bare->type == "image/svg+xml");
  CHECK_FALSE(bare->boundary);
  CHECK_FALSE(bare->charset);
}

TEST_CASE("ParseMediaTypeHeader: boundaries quoted or not, as real clients write them (H17)") {
  const auto boundary = [](const std::string& parameter) {
    const auto header = ParseMediaTypeHeader("multipart/form-data; boundary=" + parameter);
    return header ? header->boundary.value_or("(none)") : "(malformed)";
  };
  CHECK(boundary("----WebKitFormBoundaryabc") == "----WebKitFormBoundaryabc");
  CHECK(boundary("\"a b:c\"") == "a b:c");
  CHECK(boundary("\"a;b\\\"c\\\\\"") == "a;b\"c\\");
  CHECK(boundary("----=_Part_1_2.3") == "----=_Part_1_2.3");
  CHECK(boundary("\"\"") == "");
  CHECK(boundary("") == "(malformed)");
}

TEST_CASE("ParseMediaTypeHeader: refuses what is malformed or says a thing twice (H17)") {
  for (const char* value :
       {"", "text", "/", "text/", "/plain", "te xt/plain", "text/pl(ain", "text/plain x=y",
        "text/plain; x", "text/plain; =y", "text/plain; x = y", "text/plain; x=\"y",
        "text/plain; x=\"y\"z", "text/plain; x=y z", "text/plain; boundary=a; boundary=a",
        "text/plain; x=1; X=2", "text/plain, text/html", "text/plain; x=a\x01",
        "text/plain; x=\"\x7F\""}) {
    CAPTURE(value);
    CHECK_FALSE(ParseMediaTypeHeader(value));
  }
}

TEST_CASE("ParseMediaTypeHeader: a hostile number of parameters is refused") {
  std::string value = "a/b";
  for (int i = 0; i < 17; ++i) value += ";p" + std::to_string(i) + "=v";
  CHECK_FALSE(ParseMediaTypeHeader(value));
  CHECK(ParseMediaTypeHeader("a/b" + std::string(100'000, ';')));
}
