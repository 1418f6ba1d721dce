#include "api/intake/digest_fields.h"

#include <doctest/doctest.h>

#include <string>

#include "support/api_fixture.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

// Of 60 times "x".
const std::string kStated = "sha-256=:QvLZczVmn4aEa3IaiqWFUaRlZOr2l347SDbUZF4+PtI=:";

using Fields = std::vector<std::pair<std::string, std::string>>;

http::Response SendWith(ApiFixture& bench, Fields fields,
                        const std::string& text = ApiFixture::Text()) {
  fields.emplace_back("Content-Type", "text/plain");
  return bench.Send({"POST", "/api/analysis/text", std::move(fields), text});
}

}  // namespace

TEST_CASE("Content-Digest, Repr-Digest: a body with the digest that is stated is analysed") {
  ApiFixture bench;
  for (const Fields& fields :
       std::vector<Fields>{{{"Content-Digest", kStated}},
                           {{"Repr-Digest", kStated}},
                           {{"Content-Digest", kStated}, {"repr-digest", kStated}},
                           {{"Content-Digest", "sha-512=:YWJj:, " + kStated + " ,\tmd5=::"}},
                           {{"Content-Digest", "unixsum=:YQ==:"}},  // nothing that is known
                           {{"Content-Digest", kStated}, {"Content-Digest", kStated}}}) {
    CHECK(SendWith(bench, fields).status == 200);
  }
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("Content-Digest, Repr-Digest: another body is 400, and nothing is done") {
  ApiFixture bench;
  for (const char* field : {"Content-Digest", "Repr-Digest"}) {
    const auto refused = SendWith(bench, {{field, kStated}}, ApiFixture::Text(61));
    CHECK(refused.status == 400);
    CHECK(Body(refused)["code"] == "digest_mismatch");
  }
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("Content-Digest: it covers the body of a form, not the file in it") {
  ApiFixture bench;
  const std::string form =
      "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\xFF\xD8\xFF\xE0 a picture\r\n"
      "--x--\r\n";
  const auto send = [&](const std::string& digest) {
    return bench.Send(
        {"POST",
         "/api/analysis/file",
         {{"Content-Type", "multipart/form-data; boundary=x"}, {"Content-Digest", digest}},
         form});
  };
  CHECK(send("sha-256=:P/FwPjHaaU5Vf8727EFCkm2Du4HJk6DvFfWfa4YcnUU=:").status == 200);
  CHECK(Body(send(kStated))["code"] == "digest_mismatch");
}

TEST_CASE("Content-Digest, Repr-Digest: what is malformed or contradicts itself is 400 at once") {
  const std::string value = kStated.substr(8);
  for (const std::string& field : std::vector<std::string>{
           std::string(), std::string("sha-256"), std::string("sha-256="), "sha-256=" + value + "x",
           "SHA-256=" + value, "sha-256 =" + value, "sha-256=" + value + ";q=1", kStated + ",",
           kStated + ",," + kStated, std::string("sha-256=:YWJj:"), std::string("sha-256=::"),
           "sha-256=" + value.substr(1), std::string("sha-512=:abc:"), std::string("sha-512=abc"),
           std::string("sha-512=:a=bc:"), std::string("sha-512=:ab_-:"), std::string("sha-512=:=:"),
           // Unused bits that are not zero: a second spelling.
           "sha-256=:QvLZczVmn4aEa3IaiqWFUaRlZOr2l347SDbUZF4+PtJ=:",
           kStated + ", sha-256=:P/FwPjHaaU5Vf8727EFCkm2Du4HJk6DvFfWfa4YcnUU=:"}) {
    CAPTURE(field);
    ApiFixture bench;
    const auto refused = SendWith(bench, {{"Repr-Digest", field}});
    CHECK(refused.status == 400);
    CHECK(Body(refused)["code"] == "bad_request");
    CHECK(bench.vendor->calls == 0);
  }
}
