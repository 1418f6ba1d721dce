#include <doctest/doctest.h>

#include <string>

#include "support/api_fixture.h"
#include "support/media_files.h"
#include "vcache/content/content_hasher.h"
#include "vcache/core/bytes.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;
using test::Header;

namespace {

/// The first bytes of a PNG, and something behind them.
std::string Png(std::string_view rest = "pixels") {
  std::string png = "\x89PNG\r\n\x1a\n";
  png += std::string("\0\0\0\rIHDR", 8);
  png += rest;
  return png;
}

test::Call Form(std::string_view boundary, std::string_view file_name, std::string_view type,
                std::string_view content) {
  const std::string dash = "--" + std::string(boundary);
  return {"POST",
          "/api/analysis/file",
          {{"Content-Type", "multipart/form-data; boundary=" + std::string(boundary)}},
          dash + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
              std::string(file_name) + "\"\r\nContent-Type: " + std::string(type) + "\r\n\r\n" +
              std::string(content) + "\r\n" + dash + "--\r\n"};
}

}  // namespace

TEST_CASE("POST /api/analysis/file: a video's length is told with a miss and with a hit") {
  ApiFixture bench;
  const std::string video = test::Mp4(61'500);
  for (const char* expected : {"MISS", "HIT"}) {
    const auto answer = bench.Send(Form("aaa", "clip.mp4", "video/mp4", video));
    CHECK(Header(answer, "X-Cache") == expected);
    const Json told = Body(answer)["analysis"]["videoMetadata"];
    CHECK(told["durationSeconds"] == 61.5);
    CHECK(told["width"] == 1920);
    CHECK(told["height"] == 1080);
  }
}

TEST_CASE("POST /api/analysis/file: MISS, then HIT whatever name, type or boundary it comes with") {
  ApiFixture bench;
  const auto first = bench.Send(Form("aaa", "photo.png", "image/png", Png()));
  CHECK(first.status == 200);
  CHECK(Header(first, "X-Cache") == "MISS");
  CHECK(Header(first, "Cache-Status") == "VerdictCache; fwd=uri-miss; stored; ttl=604800");
  const Json body = Body(first);
  CHECK(body["success"] == true);
  CHECK(body["analysis"]["type"] == "IMAGE");
  CHECK(body["analysis"]["fileName"] == "photo.png");
  CHECK(body["analysis"]["mediaType"] == "image/png");
  CHECK(body["analysis"]["bytes"] == Png().size());
  CHECK(body["analysis"]["sha256"] == content::DigestOf(AsBytes(Png())).ToHex());
  CHECK(body["analysis"]["aiScore"] == 80);
  CHECK(body["analysis"]["verdict"]["key"] == "likely_ai");
  CHECK(body["analysis"]["fromCache"] == false);
  CHECK(body["cache"]["status"] == "MISS");

  const auto second = bench.Send(Form("b-b", "other.jpg", "text/html", Png()));
  CHECK(Header(second, "X-Cache") == "HIT");
  CHECK(Header(second, "Cache-Status") == "VerdictCache; hit; ttl=604800; detail=memory");
  CHECK(Header(second, "Age") == "0");
  CHECK(Body(second)["analysis"]["fileName"] == "other.jpg");
  CHECK(Body(second)["analysis"]["aiScore"] == 80);
  CHECK(Body(second)["cache"]["savedUsd"] == 0.01);

  const auto raw = bench.Send(
      {"POST", "/api/analysis/file", {{"Content-Type", "application/octet-stream"}}, Png()});
  CHECK(Header(raw, "X-Cache") == "HIT");
  CHECK(Body(raw)["analysis"]["fileName"].is_null());
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("POST /api/analysis/text: JSON, a form with CRLF and text/plain share one paid call") {
  ApiFixture bench;
  const std::string lines(30, 'a');
  const auto json = bench.Send({"POST",
                                "/api/analysis/text",
                                {{"Content-Type", "application/json"}},
                                "{\"text\":\"" + lines + "\\n" + lines + "\"}"});
  CHECK(json.status == 200);
  CHECK(Header(json, "X-Cache") == "MISS");
  CHECK(Body(json)["analysis"]["type"] == "TEXT");
  CHECK(Body(json)["analysis"]["mediaType"].is_null());
  const auto form = bench.Send({"POST",
                                "/api/text-analysis/analyze",
                                {{"Content-Type", "application/x-www-form-urlencoded"}},
                                "text=++" + lines + "%0D%0A" + lines + "%0D%0A"});
  CHECK(Header(form, "X-Cache") == "HIT");
  const auto plain = bench.Send({"POST",
                                 "/api/analysis/text",
                                 {{"Content-Type", "text/plain; charset=UTF-8"}},
                                 lines + "\r" + lines});
  CHECK(Header(plain, "X-Cache") == "HIT");
  CHECK(Body(plain)["cache"]["key"] == Body(json)["cache"]["key"]);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("GET /api/analysis/<sha256>: what is known, by kind, without an upload") {
  ApiFixture bench;
  const std::string hash = content::DigestOf(AsBytes(ApiFixture::Text())).ToHex();
  const auto unknown = bench.Send({"GET", "/api/analysis/" + hash + "?kind=text"});
  CHECK(unknown.status == 404);
  CHECK(Body(unknown)["code"] == "not_cached");
  CHECK(Header(unknown, "X-Cache") == "MISS");
  REQUIRE(bench.SendText(ApiFixture::Text()).status == 200);
  const auto known = bench.Send({"GET", "/api/analysis/" + hash + "?kind=text"});
  CHECK(known.status == 200);
  CHECK(Header(known, "X-Cache") == "HIT");
  CHECK(bench.Send({"GET", "/api/analysis/" + hash}).status == 404);
  for (const char* query :
       {"kind=video", "kind=text&kind=text", "kind=text&kind=analysis", "kind=%zz", "kind="}) {
    CAPTURE(query);
    CHECK(bench.Send({"GET", "/api/analysis/" + hash + "?" + query}).status == 400);
  }
  CHECK(bench.Send({"GET", "/api/analysis/" + hash.substr(1)}).status == 400);
  CHECK(bench.vendor->calls == 1);
}

TEST_CASE("analysis: what other software stored is told as far as it is known, the rest is null") {
  ApiFixture bench;
  cache::Entry entry;
  entry.key = {cache::ContentKind::kText, content::DigestOf(AsBytes(ApiFixture::Text()))};
  entry.verdict.ai_score = 12;
  entry.foreign = true;
  cache::LookupResult found;
  found.entry = std::make_shared<const cache::Entry>(entry);
  found.ttl = std::chrono::seconds(60);
  found.life_known = false;
  bench.behind.Promote(found);
  const std::string target = "/api/analysis/" + entry.key.digest.ToHex() + "?kind=text";
  for (const auto& answer : {bench.SendText(ApiFixture::Text()), bench.Send({"GET", target})}) {
    CHECK(answer.status == 200);
    CHECK(Header(answer, "X-Cache") == "HIT");
    CHECK_FALSE(answer.headers.Get("Age"));
    CHECK(Header(answer, "Cache-Status").find("ttl=") == std::string::npos);
    const Json body = Body(answer);
    CHECK(body["analysis"]["analyzedAt"].is_null());
    CHECK(body["analysis"]["expiresAt"].is_null());
    CHECK(body["analysis"]["aiScore"] == 12);
    CHECK(body["cache"]["ageSeconds"].is_null());
    CHECK(body["cache"]["ttlSeconds"].is_null());
    CHECK(body["cache"]["savedUsd"] == 0.01);
  }
  CHECK(Body(bench.SendText(ApiFixture::Text()))["analysis"]["bytes"] == 60);
  CHECK(Body(bench.Send({"GET", target}))["analysis"]["bytes"].is_null());
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("analysis: without a vendor 503 says so, and names no variable") {
  ApiFixture bench({}, /*with_vendor=*/false);
  const auto refused = bench.SendText(ApiFixture::Text());
  CHECK(refused.status == 503);
  CHECK(Header(refused, "Content-Type") == "application/problem+json");
  CHECK(Body(refused)["code"] == "no_vendor_configured");
  CHECK(Body(refused)["success"] == false);
  CHECK(Body(refused)["requestId"] == "test-request");
  CHECK(Body(refused)["error"].get<std::string>().find("SAPLING_API_KEY") == std::string::npos);
  CHECK(refused.log_reason.find("SAPLING_API_KEY") != std::string::npos);
}

TEST_CASE("analysis: a vendor's failure is an error, never a verdict, and the next try pays anew") {
  ApiFixture bench;
  const struct {
    ErrorCode code;
    int status;
  } cases[] = {{ErrorCode::kVendorInvalidAnswer, 502},
               {ErrorCode::kVendorUnavailable, 503},
               {ErrorCode::kVendorTimeout, 504}};
  int calls = 0;
  for (const auto& [code, status] : cases) {
    bench.vendor->answer = [code = code](const auto&) {
      return Error{code, "The vendor failed.", Charge::kNone, std::chrono::seconds(7)};
    };
    const auto failed = bench.SendText(ApiFixture::Text());
    CHECK(failed.status == status);
    CHECK(Header(failed, "Retry-After") == "7");
    CHECK(Header(failed, "X-Cache") == "MISS");
    CHECK(bench.vendor->calls == ++calls);
    bench.clock.Advance(std::chrono::seconds(7));  // as told
  }
  bench.vendor->answer = [&](const auto&) { return bench.vendor->Verdict(12); };
  CHECK(bench.SendText(ApiFixture::Text()).status == 200);
  CHECK(bench.vendor->calls == ++calls);
}

TEST_CASE("analysis: unknown paths and wrong methods are told apart") {
  ApiFixture bench;
  CHECK(bench.Send({"GET", "/api/nothing"}).status == 404);
  CHECK(bench.Send({"PUT", "/api/analysis/file"}).status == 405);
  CHECK(bench.Send({"GET", "/api/health"}).status == 200);
  CHECK(bench.Send({"HEAD", "/api/health/ready"}).status == 200);
}

TEST_CASE("GET /: a page with forms for the two routes, and no script") {
  ApiFixture bench;
  const auto page = bench.Send({"GET", "/"});
  CHECK(page.status == 200);
  CHECK(Header(page, "Content-Type") == "text/html; charset=utf-8");
  CHECK(Header(page, "Content-Security-Policy").find("default-src 'none'") == 0);
  CHECK(page.body.find("action=\"/api/analysis/file\"") != std::string::npos);
  CHECK(page.body.find("<script") == std::string::npos);
}
