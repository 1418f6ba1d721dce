#include "api/intake/text_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/api_fixture.h"

using namespace vcache;
using test::ApiFixture;
using test::Body;

namespace {

http::Response Send(std::string body, std::string type) {
  ApiFixture bench;
  auto response = bench.Send(
      {"POST", "/api/analysis/text", {{"Content-Type", std::move(type)}}, std::move(body)});
  CHECK(bench.vendor->calls == (response.status == 200 ? 1 : 0));
  return response;
}

}  // namespace

TEST_CASE("ReadText: 50 to 5000 characters, counted as code points after trimming") {
  CHECK(Send(ApiFixture::Text(49), "text/plain").status == 422);
  CHECK(Body(Send(ApiFixture::Text(49), "text/plain"))["code"] == "text_too_short");
  CHECK(Send("   " + ApiFixture::Text(49) + "\n", "text/plain").status == 422);
  CHECK(Send(ApiFixture::Text(50), "text/plain").status == 200);
  CHECK(Send(ApiFixture::Text(5000), "text/plain").status == 200);
  CHECK(Body(Send(ApiFixture::Text(5001), "text/plain"))["code"] == "text_too_long");
  std::string emoji;
  for (int i = 0; i < 50; ++i) emoji += "\xF0\x9F\x98\x80";
  CHECK(Send(emoji, "text/plain").status == 200);
}

TEST_CASE("ReadText: 5000 characters of four bytes pass in every form") {
  std::string json = "{\"text\":\"";
  std::string form = "text=";
  for (int i = 0; i < 5000; ++i) {
    json += "\\ud83d\\ude00";
    form += "%F0%9F%98%80";
  }
  CHECK(Send(json + "\"}", "application/json").status == 200);
  CHECK(Send(form, "application/x-www-form-urlencoded").status == 200);
}

TEST_CASE("ReadText: invalid UTF-8 is told from broken JSON") {
  const std::string bad = ApiFixture::Text() + "\xC3\x28";
  CHECK(Body(Send(bad, "text/plain"))["code"] == "invalid_utf8");
  CHECK(Body(Send("{\"text\":\"" + bad + "\"}", "application/json"))["code"] == "invalid_utf8");
  CHECK(Body(Send("text=" + ApiFixture::Text() + "%FF",
                  "application/x-www-form-urlencoded"))["code"] == "invalid_utf8");
  CHECK(Body(Send("{\"text\":", "application/json"))["code"] == "bad_request");
}

TEST_CASE("ReadText: JSON that is not an object with one text is refused") {
  CHECK(Send("[]", "application/json").status == 400);
  CHECK(Send("{\"text\":12}", "application/json").status == 400);
  CHECK(Send("{}", "application/json").status == 400);
  CHECK(Send("{\"text\":\"a\",\"text\":\"b\"}", "application/json").status == 400);
  CHECK(Send(std::string(200, '['), "application/json").status == 400);
}

TEST_CASE("ReadText: two texts are refused in every form, never the first one judged") {
  const std::string one = ApiFixture::Text();
  const std::string other = ApiFixture::Text(70);
  for (const auto& [body, type] : std::vector<std::pair<std::string, std::string>>{
           {"text=" + one + "&text=" + other, "application/x-www-form-urlencoded"},
           {"text=" + one + "&te%78t=" + one, "application/x-www-form-urlencoded"},
           {"text=" + one + "&text", "application/x-www-form-urlencoded"},
           {R"({"text":")" + one + R"(","text":")" + other + R"("})", "application/json"},
           {R"({"text":")" + one + R"(","\u0074ext":")" + one + R"("})", "application/json"}}) {
    CAPTURE(body);
    const auto response = Send(body, type);
    CHECK(response.status == 400);
    CHECK(Body(response)["error"].get<std::string>().find("twice") != std::string::npos);
  }
}

TEST_CASE("ReadText: JSON that is not valid says why and where, and quotes nothing") {
  const auto error = [](const std::string& body) {
    const auto response = Send(body, "application/json");
    CHECK(response.status == 400);
    return Body(response)["error"].get<std::string>();
  };
  const std::string lone = error(R"({"text":"secret \ud83d and )" + ApiFixture::Text() + R"("})");
  CHECK(lone.find("surrogate") != std::string::npos);
  CHECK(lone.find("line 1, column 23") != std::string::npos);
  CHECK(lone.find("secret") == std::string::npos);
  CHECK(error("{\"text\":\n\n tru }").find("line 3, column") != std::string::npos);
}

TEST_CASE(
    "ReadText: members, fields and parameters that are not known are named; nothing is paid") {
  const std::string text = ApiFixture::Text();
  const auto error = [](const http::Response& answer) {
    CHECK(answer.status == 400);
    return Body(answer)["error"].get<std::string>();
  };
  const std::string json = R"({"no_store":true,"text":")" + text + R"(","x":[]})";
  CHECK(error(Send(json, "application/json")).find("\"no_store\", \"x\"") != std::string::npos);
  const char* form = "application/x-www-form-urlencoded";
  CHECK(error(Send("text=" + text + "&no%5Fstore=1", form)).find("\"no_store\"") !=
        std::string::npos);
  CHECK(error(Send("text=" + text + "&text=" + text, form)).find("twice") != std::string::npos);
  CHECK(error(Send("txt=" + text, form)).find("\"txt\"") != std::string::npos);
  CHECK(error(Send("text=%zz" + text, form)).find("percent escape") != std::string::npos);
  CHECK(Send("&text=" + text + "&", form).status == 200);
  ApiFixture bench;
  for (const char* path : {"/api/analysis/text", "/api/text-analysis/analyze"}) {
    const auto answer = bench.Send(
        {"POST", std::string(path) + "?store=no", {{"Content-Type", "text/plain"}}, text});
    CHECK(error(answer).find("\"store\"") != std::string::npos);
  }
  CHECK(bench.vendor->calls == 0);
}

TEST_CASE("ReadText: other types and charsets are refused, a missing body too") {
  CHECK(Send(ApiFixture::Text(), "text/html").status == 415);
  CHECK(Send(ApiFixture::Text(), "text/plain; charset=utf-16").status == 415);
  CHECK(Send(ApiFixture::Text(), "").status == 415);
  CHECK(Send("", "text/plain").status == 411);
  CHECK(Send("txt=" + ApiFixture::Text(), "application/x-www-form-urlencoded").status == 400);
  CHECK(Send("text=%zz", "application/x-www-form-urlencoded").status == 400);
}

TEST_CASE("ReadText: a body no text of the limit can need is 413") {
  CHECK(Send(std::string(300'000, ' '), "text/plain").status == 413);
}
