#include "api/response_headers.h"

#include <doctest/doctest.h>

#include "api/problem.h"
#include "support/api_fixture.h"

using namespace vcache;
using test::Header;

namespace {

http::Response Applied(const std::string& method, const std::string& origin, bool preflight) {
  http::RequestInfo request;
  request.method = method;
  if (!origin.empty()) request.headers.Add("Origin", origin);
  if (preflight) request.headers.Add("Access-Control-Request-Method", "POST");
  http::Response response;
  api::CorsPolicy({"https://site.example"}, {"traceparent", "baggage"}).Apply(request, response);
  return response;
}

}  // namespace

TEST_CASE("CorsPolicy: exact origins only, and Vary for all of them (S8)") {
  CHECK(Header(Applied("GET", "https://site.example", false), "Access-Control-Allow-Origin") ==
        "https://site.example");
  for (const char* origin :
       {"https://site.example.evil", "http://site.example", "https://SITE.example", "null", ""}) {
    const auto response = Applied("GET", origin, false);
    CHECK(Header(response, "Access-Control-Allow-Origin").empty());
    CHECK(Header(response, "Vary") == "Origin");
  }
  CHECK(Header(Applied("OPTIONS", "https://site.example", true), "Access-Control-Allow-Methods") ==
        "GET, HEAD, POST, DELETE");
  CHECK(Header(Applied("OPTIONS", "https://evil.example", true), "Access-Control-Allow-Methods")
            .empty());
}

TEST_CASE("CorsPolicy: a preflight is told of the API's own headers and of the configured ones") {
  CHECK(Header(Applied("OPTIONS", "https://site.example", true), "Access-Control-Allow-Headers") ==
        "Authorization, Cache-Control, Content-Digest, Content-Type, Last-Event-ID, Prefer, "
        "Repr-Digest, X-Api-Key, X-Request-Id, traceparent, baggage");
}

TEST_CASE("CorsPolicy: a page of a listed origin may read what the API tells in header fields") {
  CHECK(Header(Applied("GET", "https://site.example", false), "Access-Control-Expose-Headers") ==
        "Age, Cache-Status, Location, Preference-Applied, RateLimit, RateLimit-Policy, "
        "Retry-After, X-Cache, X-Request-Id");
}

TEST_CASE("CorsPolicy: credentials are allowed where they are configured, to listed origins only") {
  const auto allowed = [](api::CorsCredentials credentials, const char* origin) {
    http::RequestInfo request;
    request.headers.Add("Origin", origin);
    http::Response response;
    api::CorsPolicy({"https://site.example"}, {}, credentials).Apply(request, response);
    return Header(response, "Access-Control-Allow-Credentials");
  };
  CHECK(allowed(api::CorsCredentials::kYes, "https://site.example") == "true");
  CHECK(allowed(api::CorsCredentials::kYes, "https://evil.example").empty());
  CHECK(allowed(api::CorsCredentials::kNo, "https://site.example").empty());
}

TEST_CASE("CorsPolicy: of two origins neither is believed") {
  http::RequestInfo request;
  request.headers.Add("Origin", "https://site.example");
  request.headers.Add("Origin", "https://evil.example");
  http::Response response;
  api::CorsPolicy({"https://site.example"}, {}).Apply(request, response);
  CHECK(Header(response, "Access-Control-Allow-Origin").empty());
  CHECK(Header(response, "Vary") == "Origin");
}

TEST_CASE("CorsPolicy: says nothing where no origin is configured") {
  http::RequestInfo request;
  request.headers.Add("Origin", "https://site.example");
  http::Response response;
  api::CorsPolicy({}, {"traceparent"}).Apply(request, response);
  CHECK(response.headers.fields().empty());
}

TEST_CASE(
    "ProblemResponse: every error code has a status of its class and a full body (RFC 9457)") {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kIo); ++code) {
    http::RequestInfo request;
    request.id = "r1";
    request.path = "/api/x\n\xFF";
    const Error error{static_cast<ErrorCode>(code), "What went wrong."};
    const auto response = api::ProblemResponse(request, error);
    CHECK(response.status >= 400);
    CHECK(response.status < 600);
    const Json body = test::Body(response);
    CHECK(body["status"] == response.status);
    CHECK(body["error"].get<std::string>().starts_with(PublicMessage(error)));
    CHECK(body["code"] == CodeName(static_cast<ErrorCode>(code)));
    CHECK(body["requestId"] == "r1");
  }
}
