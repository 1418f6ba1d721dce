#include <doctest/doctest.h>

#include <string>

#include "http/parsing/request_head.h"

using namespace vcache;
using namespace vcache::http;

namespace {

using Lines = std::vector<std::string>;

Result<RequestHead> Parse(const std::string& method, const Lines& lines,
                          const std::string& version = "HTTP/1.1") {
  std::string head = method + " / " + version + "\r\nHost: a\r\n";
  for (const std::string& line : lines) head += line + "\r\n";
  return ParseRequestHead(head + "\r\n", {});
}

int StatusFor(const std::string& method, const Lines& lines,
              const std::string& version = "HTTP/1.1") {
  const auto parsed = Parse(method, lines, version);
  return parsed ? 200 : StatusOf(parsed.error().code);
}

}  // namespace

TEST_CASE("ParseRequestHead: without either header there is no body (H3)") {
  const auto head = Parse("POST", {});
  REQUIRE(head);
  CHECK(head->framing == BodyFraming::kNone);
  CHECK(head->content_length == 0);
}

TEST_CASE("ParseRequestHead: one Content-Length of 1 to 19 digits frames the body (H3)") {
  const auto head = Parse("POST", {"content-LENGTH:  9999999999999999999 "});
  REQUIRE(head);
  CHECK(head->framing == BodyFraming::kLength);
  CHECK(head->content_length == 9'999'999'999'999'999'999ULL);
  CHECK(Parse("POST", {"Content-Length: 007"})->content_length == 7);
}

TEST_CASE("ParseRequestHead: any other Content-Length is refused (H3)") {
  for (const char* value :
       {"", "+5", "-5", "-0", "5, 5", "5,5", "5 5", "0x5", "5;", "5a", "a", "5.0", "1e3", "\"5\"",
        "5_0", "99999999999999999999", "10000000000000000000000000", "\xD9\xA5", "5\t5"}) {
    CAPTURE(value);
    CHECK(StatusFor("POST", {"Content-Length: " + std::string(value)}) == 400);
  }
  CHECK(StatusFor("POST", {"Content-Length: 5", "Content-Length: 5"}) == 400);
  CHECK(StatusFor("POST", {"Content-Length: 5", "content-length: 6"}) == 400);
}

TEST_CASE("ParseRequestHead: Transfer-Encoding is exactly chunked (H3)") {
  const auto head = Parse("POST", {"transfer-encoding: \t CHUNKED "});
  REQUIRE(head);
  CHECK(head->framing == BodyFraming::kChunked);
  CHECK(StatusFor("POST", {"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}) == 400);
  CHECK(StatusFor("POST", {"Transfer-Encoding: gzip", "Transfer-Encoding: chunked"}) == 400);
  for (const char* value : {"", "chunked, chunked", "chunked, gzip", "chunked;q=1", "\"chunked\"",
                            "chunked,", ",chunked", "chun ked", "chunked\x0B", "[chunked]"}) {
    CAPTURE(value);
    CHECK(StatusFor("POST", {"Transfer-Encoding: " + std::string(value)}) == 400);
  }
}

TEST_CASE("ParseRequestHead: an unknown transfer coding is 501 (H3)") {
  for (const char* value : {"gzip", "gzip, chunked", "identity", "xchunked", "deflate,gzip"}) {
    CAPTURE(value);
    CHECK(StatusFor("POST", {"Transfer-Encoding: " + std::string(value)}) == 501);
  }
}

TEST_CASE("ParseRequestHead: both headers are refused, in either order (H3)") {
  CHECK(StatusFor("POST", {"Content-Length: 5", "Transfer-Encoding: chunked"}) == 400);
  CHECK(StatusFor("POST", {"Transfer-Encoding: chunked", "Content-Length: 5"}) == 400);
  CHECK(StatusFor("POST", {"Transfer-Encoding: gzip", "Content-Length: 0"}) == 400);
}

TEST_CASE("ParseRequestHead: HTTP/1.0 has no transfer coding (H3)") {
  CHECK(StatusFor("POST", {"Transfer-Encoding: chunked"}, "HTTP/1.0") == 400);
  CHECK(StatusFor("POST", {"Content-Length: 5"}, "HTTP/1.0") == 200);
}

TEST_CASE("ParseRequestHead: GET, HEAD and OPTIONS take no body, an empty one is fine (H3)") {
  for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
    CAPTURE(method);
    CHECK(StatusFor(method, {"Content-Length: 0"}) == 200);
    CHECK(StatusFor(method, {"Content-Length: 1"}) == 400);
    // Whether the chunks hold anything is seen when they are read.
    const auto chunked = Parse(method, {"Transfer-Encoding: chunked"});
    REQUIRE(chunked);
    CHECK(chunked->framing == BodyFraming::kChunked);
    CHECK(StatusFor(method, {"Transfer-Encoding: chunked", "Content-Length: 0"}) == 400);
    CHECK(StatusFor(method, {"Transfer-Encoding: chunked"}, "HTTP/1.0") == 400);
  }
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    CAPTURE(method);
    CHECK(StatusFor(method, {"Content-Length: 1"}) == 200);
    CHECK(StatusFor(method, {"Transfer-Encoding: chunked"}) == 200);
  }
}

TEST_CASE("ParseRequestHead: a second Content-Type is refused, whatever it says") {
  CHECK(StatusFor("POST", {"Content-Type: text/plain"}) == 200);
  CHECK(StatusFor("POST", {"Content-Type: text/plain", "content-type: text/plain"}) == 400);
  CHECK(StatusFor("GET", {"Content-Type: text/plain", "Content-Type: application/json"}) == 400);
}

TEST_CASE("ParseRequestHead: keep-alive by version and Connection, close wins") {
  CHECK(Parse("GET", {})->keep_alive);
  CHECK_FALSE(Parse("GET", {"Connection: Close"})->keep_alive);
  CHECK_FALSE(Parse("GET", {"Connection: foo ,close"})->keep_alive);
  CHECK_FALSE(Parse("GET", {"Connection: keep-alive", "Connection: close"})->keep_alive);
  CHECK(Parse("GET", {"Connection: closed, Upgrade"})->keep_alive);
  CHECK_FALSE(Parse("GET", {}, "HTTP/1.0")->keep_alive);
  CHECK(Parse("GET", {"Connection: Keep-Alive"}, "HTTP/1.0")->keep_alive);
  CHECK_FALSE(Parse("GET", {"Connection: keep-alive, close"}, "HTTP/1.0")->keep_alive);
}

TEST_CASE("ParseRequestHead: 100-continue is expected by HTTP/1.1 with a body only") {
  const std::string expect = "Expect: 100-Continue";
  CHECK(Parse("POST", {expect, "Content-Length: 5"})->expects_continue);
  CHECK(Parse("POST", {expect, "Transfer-Encoding: chunked"})->expects_continue);
  CHECK_FALSE(Parse("POST", {expect, "Content-Length: 0"})->expects_continue);
  CHECK_FALSE(Parse("POST", {expect})->expects_continue);
  CHECK_FALSE(Parse("POST", {expect, "Content-Length: 5"}, "HTTP/1.0")->expects_continue);
}

TEST_CASE("ParseRequestHead: other expectations are ignored, never answered with 417 (H7)") {
  for (const char* value : {"", "200-ok", "100-continue, x", "x100-continue"}) {
    CAPTURE(value);
    const auto head = Parse("POST", {"Expect: " + std::string(value), "Content-Length: 5"});
    REQUIRE(head);
    CHECK_FALSE(head->expects_continue);
  }
}

TEST_CASE("ParseRequestHead: any Content-Encoding but identity is 415 (H16)") {
  for (const char* value : {"gzip", "br", "deflate", "identity, gzip", "gzip, identity", "", "x"}) {
    CAPTURE(value);
    CHECK(StatusFor("POST", {"Content-Encoding: " + std::string(value)}) == 415);
  }
  CHECK(StatusFor("POST", {"Content-Encoding: identity", "Content-Encoding: gzip"}) == 415);
  CHECK(StatusFor("POST", {"Content-Encoding: Identity"}) == 200);
}
