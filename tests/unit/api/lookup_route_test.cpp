#include <doctest/doctest.h>

#include <string>

#include "support/api_fixture.h"
#include "vcache/content/content_hasher.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

std::string HashOf(const std::string& text) {
  return content::DigestOf(AsBytes(text)).ToHex();
}

http::Response Ask(ApiFixture& bench, const std::string& body,
                   const std::string& type = "application/json") {
  return bench.Send({"POST", "/api/analysis/lookup", {{"Content-Type", type}}, body});
}

std::string Hashes(const std::vector<std::string>& hashes, const std::string& more = {}) {
  std::string list;
  for (const std::string& hash : hashes) list += (list.empty() ? "\"" : ",\"") + hash + "\"";
  return R"({"hashes":[)" + list + "]" + more + "}";
}

const std::string kTexts = R"(,"kind":"text")";

}  // namespace

TEST_CASE("POST /api/analysis/lookup: what is known of each, in the order of the hashes") {
  ApiFixture bench;
  REQUIRE(bench.SendText(ApiFixture::Text(60)).status == 200);
  REQUIRE(bench.SendText(ApiFixture::Text(70)).status == 200);
  const std::string one = HashOf(ApiFixture::Text(60));
  const std::string other = HashOf(ApiFixture::Text(70));
  const std::string unknown(64, 'A');
  const auto answer = Ask(bench, Hashes({other, unknown, one, other}, kTexts));
  CHECK(answer.status == 200);
  const Json body = Body(answer);
  CHECK(body["known"] == 3);
  REQUIRE(body["results"].size() == 4);
  CHECK(body["results"][0]["analysis"]["sha256"] == other);
  CHECK(body["results"][0]["cache"]["status"] == "HIT");
  CHECK(body["results"][1]["known"] == false);
  CHECK(body["results"][1]["hash"] == std::string(64, 'a'));
  CHECK(body["results"][2]["known"] == true);
  CHECK(body["results"][3]["known"] == true);
  CHECK(Body(Ask(bench, Hashes({one})))["known"] == 0);  // files are another kind
  CHECK(bench.vendor->calls == 2);
}

TEST_CASE("POST /api/analysis/lookup: what cannot be asked is neither known nor unknown") {
  ApiFixture bench;
  REQUIRE(bench.SendText(ApiFixture::Text()).status == 200);
  bench.faulty.unavailable = true;
  const std::string known = HashOf(ApiFixture::Text());  // memory has it
  const auto partly = Ask(bench, Hashes({known, std::string(64, '0')}, kTexts));
  CHECK(partly.status == 200);
  CHECK(Body(partly)["results"][0]["known"] == true);
  CHECK(Body(partly)["results"][1]["known"].is_null());
  CHECK(Body(partly)["results"][1]["code"] == "store_unavailable");
  const auto nothing = Ask(bench, Hashes({std::string(64, '0')}, kTexts));
  CHECK(nothing.status == 503);
  CHECK(Body(nothing)["code"] == "store_unavailable");
}

TEST_CASE("POST /api/analysis/lookup: a hundred hashes and no more, and nothing that is unknown") {
  ApiFixture bench;
  const std::string hash(64, '0');
  CHECK(Ask(bench, Hashes(std::vector<std::string>(100, hash))).status == 200);
  for (const std::string& body :
       {Hashes(std::vector<std::string>(101, hash)), Hashes({}), std::string("{}"),
        std::string("[]"), std::string("{"), std::string(R"({"hashes":"x"})"),
        std::string(R"({"hashes":[1]})"), Hashes({hash.substr(1)}), Hashes({hash, "x"}),
        Hashes({hash}, R"(,"kind":"video")"), Hashes({hash}, R"(,"kind":1)"),
        Hashes({hash}, R"(,"kinds":"text")"), Hashes({hash}, R"(,"hashes":[])")}) {
    CAPTURE(body);
    CHECK(Ask(bench, body).status == 400);
  }
  CHECK(Ask(bench, Hashes({hash}), "text/plain").status == 415);
  CHECK(Ask(bench, "").status == 411);
  CHECK(Ask(bench, Hashes({hash}) + std::string(20'000, ' ')).status == 413);
  CHECK(bench
            .Send({"POST",
                   "/api/analysis/lookup?kind=text",
                   {{"Content-Type", "application/json"}},
                   Hashes({hash})})
            .status == 400);
}
