#include "api/pages/readable_answer.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;

namespace {

const std::string kBrowser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

http::Response Readable(const std::string& body, int status = 200,
                        const std::string& accept = kBrowser,
                        const std::string& path = "/api/analysis/file") {
  http::RequestInfo request;
  request.method = "POST";
  request.path = path;
  if (!accept.empty()) request.headers.Add("Accept", accept);
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type",
                       status < 400 ? "application/json" : "application/problem+json");
  response.body = body;
  api::MakeReadable(request, response);
  return response;
}

bool Has(const http::Response& response, const std::string& text) {
  return response.body.find(text) != std::string::npos;
}

std::string AnswerOf(const std::string& analysis, const std::string& cache) {
  return R"({"success":true,"analysis":{"aiScore":87.5,"verdict":{"key":"likely_ai"},)" + analysis +
         R"("sources":[{"provider":"sightengine","score":87.5},{"provider":"hive","score":null,)"
         R"("error":"It did not answer."}]},"cache":)" +
         cache + "}";
}

}  // namespace

TEST_CASE("MakeReadable: a browser that sent a form gets a page with the verdict") {
  const auto page = Readable(AnswerOf(R"("fileName":"a.jpg","bytes":61720,)",
                                      R"({"status":"HIT","ageSeconds":260000,"savedUsd":0.01})"));
  CHECK(page.status == 200);
  CHECK(page.headers.Get("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.headers.Get("Content-Security-Policy")->find("default-src 'none'") == 0);
  for (const char* text : {"<h1>Probably made by AI</h1>", "value=\"87.5\"", "analysed 3 days ago.",
                           "saved 0.01 USD", "<dd>a.jpg</dd>", "<td>sightengine</td><td>87.5</td>",
                           "<td>hive</td><td>It did not answer.</td>", "href=\"/\""}) {
    CAPTURE(text);
    CHECK(Has(page, text));
  }
  CHECK_FALSE(Has(page, "sandbox"));
  CHECK_FALSE(Has(page, "<script"));
}

TEST_CASE("MakeReadable: an invented verdict is shown as such, and an unknown age is not told") {
  const auto page = Readable(AnswerOf(R"("demo":true,)", R"({"status":"MISS","savedUsd":0.0})"));
  CHECK(Has(page, "a sandbox made this verdict up"));
  CHECK(Has(page, "Analysed now."));
  CHECK_FALSE(Has(Readable(AnswerOf("", "null")), "nalysed now"));
  CHECK(Has(Readable(AnswerOf("", R"({"status":"HIT","ageSeconds":null,"savedUsd":0.01})")),
            "Answered from the cache. That saved"));
}

TEST_CASE("MakeReadable: what a client named stays a text") {
  const auto page =
      Readable(AnswerOf(R"("fileName":"<img src=x onerror='y'>&\"",)", R"({"status":"MISS"})"));
  CHECK(Has(page, "<dd>&lt;img src=x onerror=&#39;y&#39;&gt;&amp;&quot;</dd>"));
  CHECK_FALSE(Has(page, "<img"));
}

TEST_CASE("MakeReadable: an error is a page with its status, its sentence and a way back") {
  const std::string problem =
      R"({"error":"Too much <now>.","retryAfterSeconds":7,"requestId":"r-1","code":"overloaded"})";
  const auto page = Readable(problem, 503);
  CHECK(page.status == 503);
  for (const char* text : {"Too much &lt;now&gt;.", "Try again in 7 s.", "r-1", "href=\"/\""}) {
    CAPTURE(text);
    CHECK(Has(page, text));
  }
  CHECK(Has(Readable(R"({"error":"Who?"})", 401), "with a key only"));
}

TEST_CASE("MakeReadable: programs, other routes and other answers get what they got before") {
  const std::string body = AnswerOf("", R"({"status":"MISS"})");
  CHECK(Readable(body, 200, "").body == body);
  CHECK(Readable(body, 200, "*/*").body == body);
  CHECK(Readable(body, 200, "application/json, text/html").body == body);
  CHECK(Readable(body, 200, "").headers.Get("Vary") == "Accept");
  CHECK(Readable(body, 200, kBrowser, "/api/analysis/lookup").body == body);
  CHECK_FALSE(Readable(body, 200, kBrowser, "/api/analysis/lookup").headers.Get("Vary"));
  CHECK(Readable("{\"success\":true,\"job\":{}}", 202).body == "{\"success\":true,\"job\":{}}");
  CHECK(Readable("not JSON").body == "not JSON");
}
