#include "vcache/http/server/router.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using namespace vcache::http;

namespace {

Route Named(std::string name) {
  return [name](Request&) -> RouteResult {
    Response response;
    response.body = name;
    return response;
  };
}

Router ExampleRouter() {
  Router router;
  router.AddPrefixRoute("GET", "/api/analysis/", Named("look up"));
  router.AddPrefixRoute("DELETE", "/api/analysis/", Named("delete"));
  router.AddRoute("POST", "/api/analysis/file", Named("file"));
  router.AddRoute("GET", "/api/analysis/history", Named("history"));
  router.AddRoute("GET", "/", Named("page"));
  return router;
}

/// The name of the route found and its tail, or the status and the methods allowed.
std::string Found(const Router& router, std::string_view method, std::string_view path) {
  const auto found = router.Find(method, path);
  if (const auto* match = std::get_if<Router::Match>(&found)) {
    Request request;
    std::string text = std::get<Response>((*match->route)(request)).body;
    if (!match->tail.empty()) text += ":" + std::string(match->tail);
    return text;
  }
  const auto& none = std::get<Router::NoMatch>(found);
  std::string text = std::to_string(StatusOf(none.code));
  for (const std::string& allowed : none.allowed) text += " " + allowed;
  return text;
}

}  // namespace

TEST_CASE("Router: literal paths match whole, byte by byte (H12)") {
  const Router router = ExampleRouter();
  CHECK(Found(router, "POST", "/api/analysis/file") == "file");
  CHECK(Found(router, "GET", "/") == "page");
  CHECK(Found(router, "GET", "") == "404");
  CHECK(Found(router, "GET", "/API/analysis/history") == "404");
  CHECK(Found(router, "GET", "/api//analysis/history") == "404");
  CHECK(Found(router, "GET", "/api/./analysis/history") == "404");
  CHECK(Found(router, "GET", "/.*") == "404");
  CHECK(Found(router, "GET", "*") == "404");
}

TEST_CASE("Router: a prefix takes exactly one more part") {
  const Router router = ExampleRouter();
  CHECK(Found(router, "GET", "/api/analysis/abc") == "look up:abc");
  CHECK(Found(router, "DELETE", "/api/analysis/..") == "delete:..");
  CHECK(Found(router, "GET", "/api/analysis/") == "404");
  CHECK(Found(router, "GET", "/api/analysis") == "404");
  CHECK(Found(router, "GET", "/api/analysis/abc/") == "404");
  CHECK(Found(router, "GET", "/api/analysis/a/b") == "404");
}

TEST_CASE("Router: a literal path wins over a prefix, whichever was added first") {
  const Router router = ExampleRouter();
  CHECK(Found(router, "GET", "/api/analysis/history") == "history");
  CHECK(Found(router, "GET", "/api/analysis/file") == "405 POST");
  CHECK(Found(router, "DELETE", "/api/analysis/history") == "405 GET HEAD");
}

TEST_CASE("Router: HEAD is served by the GET route unless it has its own") {
  Router router = ExampleRouter();
  CHECK(Found(router, "HEAD", "/api/analysis/abc") == "look up:abc");
  router.AddPrefixRoute("HEAD", "/api/analysis/", Named("head"));
  CHECK(Found(router, "HEAD", "/api/analysis/abc") == "head:abc");
  CHECK(Found(router, "GET", "/api/analysis/abc") == "look up:abc");
}

TEST_CASE("Router: another method is refused with each method that the path has, once") {
  Router router = ExampleRouter();
  router.AddRoute("HEAD", "/", Named("head"));
  CHECK(Found(router, "PUT", "/api/analysis/abc") == "405 GET HEAD DELETE");
  CHECK(Found(router, "POST", "/") == "405 GET HEAD");
  CHECK(Found(router, "OPTIONS", "/") == "405 GET HEAD");
  CHECK(Found(router, "get", "/") == "405 GET HEAD");
  CHECK(Found(router, "POST", "/nowhere") == "404");
}

TEST_CASE("Router: an urgent route is known by the request line, to the end of its path") {
  Router router;
  router.AddUrgent("/api/health", [](Request&) { return Response{}; });
  for (const char* line : {"GET /api/health HTTP/1.1", "HEAD /api/health HTTP/1.1",
                           "GET /api/health?deep=1 HTTP/1.1"}) {
    CHECK(router.IsUrgent(line));
  }
  for (const char* line : {"POST /api/health HTTP/1.1", "GET /api/healthy HTTP/1.1",
                           "GET /api/health/ready HTTP/1.1", "GET /api/health", "GET", ""}) {
    CHECK_FALSE(router.IsUrgent(line));
  }
}

TEST_CASE("Router: a path of hostile length is answered at once (H12)") {
  const Router router = ExampleRouter();
  CHECK(Found(router, "GET", "/api/analysis/" + std::string(1'000'000, '/')) == "404");
  CHECK(Found(router, "GET", "/" + std::string(1'000'000, 'a')) == "404");
}

TEST_CASE("Router: a prefix route may have a suffix behind its one variable part") {
  Router router;
  router.AddPrefix(
      "POST", "/v2/scan/", [](Request&) { return Response{}; }, "/check");
  const auto tail_of = [&router](std::string_view path) -> std::string {
    const auto found = router.Find("POST", path);
    const auto* match = std::get_if<Router::Match>(&found);
    return match == nullptr ? "(none)" : std::string(match->tail);
  };
  CHECK(tail_of("/v2/scan/abc/check") == "abc");
  for (const char* path : {"/v2/scan/abc", "/v2/scan//check", "/v2/scan/check",
                           "/v2/scan/a/b/check", "/v2/scan/abc/check/", "/v2/scan/abc/checks"}) {
    CAPTURE(path);
    CHECK(tail_of(path) == "(none)");
  }
}
