#include "vcache/http/server/router.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using namespace vcache::http;

namespace {

Handler Named(std::string name) {
  return [name](Request&) {
    Response response;
    response.body = name;
    return response;
  };
}

Router ExampleRouter() {
  Router router;
  router.AddPrefix("GET", "/api/analysis/", Named("look up"));
  router.AddPrefix("DELETE", "/api/analysis/", Named("delete"));
  router.Add("POST", "/api/analysis/file", Named("file"));
  router.Add("GET", "/api/analysis/history", Named("history"));
  router.Add("GET", "/", Named("page"));
  return router;
}

/// The name of the handler found and its tail, or the status and the methods allowed.
std::string Route(const Router& router, std::string_view method, std::string_view path) {
  const auto found = router.Find(method, path);
  if (const auto* match = std::get_if<Router::Match>(&found)) {
    Request request;
    std::string text = (*match->handler)(request).body;
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
  CHECK(Route(router, "POST", "/api/analysis/file") == "file");
  CHECK(Route(router, "GET", "/") == "page");
  CHECK(Route(router, "GET", "") == "404");
  CHECK(Route(router, "GET", "/API/analysis/history") == "404");
  CHECK(Route(router, "GET", "/api//analysis/history") == "404");
  CHECK(Route(router, "GET", "/api/./analysis/history") == "404");
  CHECK(Route(router, "GET", "/.*") == "404");
  CHECK(Route(router, "GET", "*") == "404");
}

TEST_CASE("Router: a prefix takes exactly one more part") {
  const Router router = ExampleRouter();
  CHECK(Route(router, "GET", "/api/analysis/abc") == "look up:abc");
  CHECK(Route(router, "DELETE", "/api/analysis/..") == "delete:..");
  CHECK(Route(router, "GET", "/api/analysis/") == "404");
  CHECK(Route(router, "GET", "/api/analysis") == "404");
  CHECK(Route(router, "GET", "/api/analysis/abc/") == "404");
  CHECK(Route(router, "GET", "/api/analysis/a/b") == "404");
}

TEST_CASE("Router: a literal path wins over a prefix, whichever was added first") {
  const Router router = ExampleRouter();
  CHECK(Route(router, "GET", "/api/analysis/history") == "history");
  CHECK(Route(router, "GET", "/api/analysis/file") == "405 POST");
  CHECK(Route(router, "DELETE", "/api/analysis/history") == "405 GET HEAD");
}

TEST_CASE("Router: HEAD is served by the GET route unless it has its own") {
  Router router = ExampleRouter();
  CHECK(Route(router, "HEAD", "/api/analysis/abc") == "look up:abc");
  router.AddPrefix("HEAD", "/api/analysis/", Named("head"));
  CHECK(Route(router, "HEAD", "/api/analysis/abc") == "head:abc");
  CHECK(Route(router, "GET", "/api/analysis/abc") == "look up:abc");
}

TEST_CASE("Router: another method is refused with each method that the path has, once") {
  Router router = ExampleRouter();
  router.Add("HEAD", "/", Named("head"));
  CHECK(Route(router, "PUT", "/api/analysis/abc") == "405 GET HEAD DELETE");
  CHECK(Route(router, "POST", "/") == "405 GET HEAD");
  CHECK(Route(router, "OPTIONS", "/") == "405 GET HEAD");
  CHECK(Route(router, "get", "/") == "405 GET HEAD");
  CHECK(Route(router, "POST", "/nowhere") == "404");
}

TEST_CASE("Router: a path of hostile length is answered at once (H12)") {
  const Router router = ExampleRouter();
  CHECK(Route(router, "GET", "/api/analysis/" + std::string(1'000'000, '/')) == "404");
  CHECK(Route(router, "GET", "/" + std::string(1'000'000, 'a')) == "404");
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
