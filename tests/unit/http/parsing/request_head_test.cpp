#include "http/parsing/request_head.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using namespace vcache::http;

namespace {

/// A head of HTTP/1.1 with a Host and these further lines, each without its line end.
std::string Head(const std::string& request_line, const std::vector<std::string>& lines = {}) {
  std::string head = request_line + "\r\nHost: example.org\r\n";
  for (const std::string& line : lines) head += line + "\r\n";
  return head + "\r\n";
}

/// 200 when the head is accepted, else the status of its refusal.
int StatusOfHead(std::string_view head, const HeadLimits& limits = {}) {
  const auto parsed = ParseRequestHead(head, limits);
  return parsed ? 200 : StatusOf(parsed.error().code);
}

/// The same with one field line added to a good GET.
int StatusWith(const std::string& line) {
  return StatusOfHead(Head("GET / HTTP/1.1", {line}));
}

RequestHead Parsed(std::string_view head) {
  auto parsed = ParseRequestHead(head, {});
  REQUIRE_MESSAGE(parsed, std::string(head));
  return *std::move(parsed);
}

}  // namespace

TEST_CASE("ParseRequestHead: reads method, target, path, query and fields") {
  const RequestHead head = Parsed(
      Head("POST /a%20b/c?x=%20y&z HTTP/1.1", {"X-One:  v a\tl \t", "x-one:", "Y: \xC3\xA9"}));
  CHECK(head.method == "POST");
  CHECK(head.target == "/a%20b/c?x=%20y&z");
  CHECK(head.path == "/a b/c");
  CHECK(head.query == "x=%20y&z");
  CHECK(head.http_1_1);
  CHECK(head.headers.GetAll("X-One") == std::vector<std::string_view>{"v a\tl", ""});
  CHECK(head.headers.Get("y") == "\xC3\xA9");
  CHECK(head.framing == BodyFraming::kNone);
  CHECK(head.keep_alive);
  CHECK_FALSE(head.expects_continue);
}

TEST_CASE("ParseRequestHead: field values are never percent-decoded (H14)") {
  CHECK(Parsed(Head("GET / HTTP/1.1", {"A: %0d%0aB: x%35"})).headers.Get("A") == "%0d%0aB: x%35");
}

TEST_CASE("ParseRequestHead: refuses malformed request lines (H2)") {
  for (const char* line : {"",
                           " ",
                           "GET",
                           "GET /",
                           "GET / ",
                           "GET  / HTTP/1.1",
                           "GET /  HTTP/1.1",
                           " GET / HTTP/1.1",
                           "GET / HTTP/1.1 ",
                           "GET\t/\tHTTP/1.1",
                           "GET / a HTTP/1.1",
                           "G(T / HTTP/1.1",
                           "/ HTTP/1.1",
                           "GET / HTTP/1.2",
                           "GET / HTTP/2.0",
                           "GET / HTTP/0.9",
                           "GET / http/1.1",
                           "GET / HTTP/1.10",
                           "GET / HTTP/1.",
                           "GET / HTTP/11",
                           "GET / HTTP/+1.1",
                           "GET / XTTP/1.1",
                           "GET HTTP/1.1",
                           "GET  HTTP/1.1",
                           "PRI * HTTP/2.0",
                           "G\xC3\x89T / HTTP/1.1"}) {
    CAPTURE(line);
    CHECK(StatusOfHead(Head(line)) == 400);
  }
  CHECK(StatusOfHead(Head(std::string(33, 'A') + " / HTTP/1.1")) == 400);
  CHECK(StatusOfHead(Head("get / HTTP/1.1")) == 200);  // a token: the router refuses it
}

TEST_CASE("ParseRequestHead: refuses targets that are neither a path nor an http address (H2)") {
  for (const char* target :
       {"a", "example.org/", "example.org:443", "?x", "ftp://example.org/", "http:/x", "http://",
        "http:///x", "http://a b/", "http://user@example.org/", "http://ex,ample/", "*", "/a#b",
        "/\x7F", "/\x01", "/\xC3\xA9", "//a\tb", "http://example.org:123456/", "http://?x"}) {
    CAPTURE(target);
    CHECK(StatusOfHead(Head("GET " + std::string(target) + " HTTP/1.1")) == 400);
  }
  CHECK(StatusOfHead(Head("OPTIONS ** HTTP/1.1")) == 400);
}

TEST_CASE("ParseRequestHead: * is for OPTIONS only (H2)") {
  const RequestHead head = Parsed(Head("OPTIONS * HTTP/1.1"));
  CHECK(head.target == "*");
  CHECK(head.path == "*");
  CHECK(head.query.empty());
}

TEST_CASE("ParseRequestHead: the absolute form gives its path, and its host counts (H2)") {
  const RequestHead head = Parsed(Head("GET HTTP://Other.example:8080/a%3A?q HTTP/1.1"));
  CHECK(head.target == "/a%3A?q");
  CHECK(head.path == "/a:");
  CHECK(head.query == "q");
  CHECK(head.headers.GetAll("Host") == std::vector<std::string_view>{"Other.example:8080"});
  CHECK(Parsed(Head("GET http://other.example HTTP/1.1")).target == "/");
  CHECK(Parsed(Head("GET https://other.example?q=/ HTTP/1.1")).target == "/?q=/");
  CHECK(Parsed(Head("GET http://[::1]:80/x HTTP/1.1")).path == "/x");
}

TEST_CASE("ParseRequestHead: a path is decoded once and not normalised (H12)") {
  CHECK(Parsed(Head("GET /..//a/%252e/%C3%A9%20b HTTP/1.1")).path == "/..//a/%2e/\xC3\xA9 b");
  CHECK(Parsed(Head("GET //a HTTP/1.1")).path == "//a");
  CHECK(Parsed(Head("GET /? HTTP/1.1")).query.empty());
  CHECK(Parsed(Head("GET /??%zz HTTP/1.1")).query == "?%zz");
}

TEST_CASE("ParseRequestHead: refuses broken escapes, NUL and line breaks in the path (H12)") {
  for (const char* path : {"/%", "/%4", "/%zz", "/%00", "/a%00b", "/%0d", "/%0a", "/%0D%0A"}) {
    CAPTURE(path);
    CHECK(StatusOfHead(Head("GET " + std::string(path) + " HTTP/1.1")) == 400);
  }
}

TEST_CASE("ParseRequestHead: refuses escapes that hide a path from rules about paths (H12)") {
  for (const char* path :
       {"/%61pi/x", "/a%50i", "/%5A", "/%7a", "/%30", "/%39", "/a%2Db", "/%2e%2E/x", "/%5F", "/%7E",
        "/a%2Fb", "/a%2fb", "/a%5Cb", "/a%5cb", "/a\\b", "/\\", "/%20%61", "/%25%61", "/a/%61"}) {
    CAPTURE(path);
    CHECK(StatusOfHead(Head("GET " + std::string(path) + " HTTP/1.1")) == 400);
    CHECK(StatusOfHead(Head("GET http://h" + std::string(path) + " HTTP/1.1")) == 400);
  }
  // What needs an escape, and the query, may have them.
  for (const char* path : {"/%3A%40%26", "/%C3%A9", "/%25", "/%2561", "/a:b", "/?%61%2F%5c\\"}) {
    CAPTURE(path);
    CHECK(StatusOfHead(Head("GET " + std::string(path) + " HTTP/1.1")) == 200);
  }
}

TEST_CASE("ParseRequestHead: refuses lines that do not end with CRLF (H2)") {
  CHECK(StatusOfHead("GET / HTTP/1.1\nHost: a\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\r\n\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\n\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("ParseRequestHead: refuses a head that is cut short or goes on behind its end") {
  const std::string whole = Head("GET / HTTP/1.1", {"A: b"});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK(StatusOfHead(whole.substr(0, length)) == 400);
  }
  CHECK(StatusOfHead(whole + "GET") == 400);
}

TEST_CASE("ParseRequestHead: refuses folded lines, bad names and spaces before the colon (H2)") {
  for (const char* line : {" folded", "\tfolded", " A: b", "A : b", "A\t: b", ": b", "A", "A B: c",
                           "A(: b", "A\xC3\xA9: b", "\"A\": b", "A,B: c", " "}) {
    CAPTURE(line);
    CHECK(StatusWith(line) == 400);
  }
  CHECK(StatusOfHead("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == 400);
}

TEST_CASE("ParseRequestHead: refuses control characters in values, all but HTAB (H2)") {
  for (int c = 0; c < 256; ++c) {
    CAPTURE(c);
    const bool fine = c == '\t' || (c >= 0x20 && c != 0x7F);
    CHECK(StatusWith(std::string("A: b") + static_cast<char>(c) + "c") == (fine ? 200 : 400));
  }
}

TEST_CASE("ParseRequestHead: one Host, a valid one, unless HTTP/1.0 (H2)") {
  CHECK(StatusOfHead("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET / HTTP/1.0\r\n\r\n") == 200);
  CHECK(StatusOfHead("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(StatusOfHead("GET http://a/ HTTP/1.1\r\n\r\n") == 400);
  for (const char* host :
       {"", "a b", "a,b", "a/b", "a@b", "a:b", "a:1:2", ":80", "a:123456", "[::1", "[]", "[x]",
        "[::1]x", "::1", "a\"", "a%41", "\xC3\xA9", "a;b", "a<b"}) {
    CAPTURE(host);
    CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n") == 400);
  }
  for (const char* host : {"a", "A-1.example.org.", "localhost:8080", "10.0.0.1:1", "a:", "a_b",
                           "[::1]", "[fe80::1]:80", "[::ffff:10.0.0.1]"}) {
    CAPTURE(host);
    CHECK(StatusOfHead("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n") == 200);
  }
}

TEST_CASE("ParseRequestHead: holds its limits exactly (H2)") {
  HeadLimits limits;
  limits.max_fields = 3;  // Host is one
  CHECK(StatusOfHead(Head("GET / HTTP/1.1", {"A: b", "C: d"}), limits) == 200);
  CHECK(StatusOfHead(Head("GET / HTTP/1.1", {"A: b", "C: d", "E: f"}), limits) == 431);
  limits.max_target_bytes = 5;
  CHECK(StatusOfHead(Head("GET /1234 HTTP/1.1"), limits) == 200);
  CHECK(StatusOfHead(Head("GET /12345 HTTP/1.1"), limits) == 431);
  const std::string head = Head("GET / HTTP/1.1");
  limits.max_bytes = head.size();
  CHECK(StatusOfHead(head, limits) == 200);
  limits.max_bytes = head.size() - 1;
  CHECK(StatusOfHead(head, limits) == 431);
  CHECK(StatusOfHead(Head("GET /" + std::string(2047, 'a') + " HTTP/1.1")) == 200);
  CHECK(StatusOfHead(Head("GET /" + std::string(2048, 'a') + " HTTP/1.1")) == 431);
}

TEST_CASE("ParseRequestHead: ignores one empty line before the request line, not two") {
  CHECK(Parsed("\r\n" + Head("GET /x HTTP/1.1")).path == "/x");
  CHECK(StatusOfHead("\r\n\r\n" + Head("GET / HTTP/1.1")) == 400);
  CHECK(StatusOfHead("\n" + Head("GET / HTTP/1.1")) == 400);
  CHECK(StatusOfHead("\r" + Head("GET / HTTP/1.1")) == 400);
}

TEST_CASE("ParseRequestHead: its messages never quote the input (H14)") {
  for (const std::string& head :
       {Head("GET /hunter2%zz HTTP/1.1"), Head("hunter2"), Head("GET / HTTP/1.1", {"hunter2"}),
        Head("GET / HTTP/1.1", {"Content-Length: hunter2"}), Head("GET hunter2 HTTP/1.1"),
        Head("POST / HTTP/1.1", {"Transfer-Encoding: hunter2"})}) {
    const auto parsed = ParseRequestHead(head, {});
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find("hunter2") == std::string::npos);
    CHECK(parsed.error().message.ends_with('.'));
  }
}

TEST_CASE("FindHeadEnd: finds the first end, whatever was searched before") {
  const std::string whole = Head("GET / HTTP/1.1", {"A: b"});
  const std::string more = whole + "body\r\n\r\nrest";
  for (std::size_t from = 0; from <= whole.size() - 1; ++from) {
    CAPTURE(from);
    CHECK(FindHeadEnd(more, from) == whole.size());
    CHECK_FALSE(FindHeadEnd(whole.substr(0, from)));
  }
  CHECK(FindHeadEnd(whole, 1'000) == std::nullopt);
  CHECK(FindHeadEnd("") == std::nullopt);
}

TEST_CASE(
    "FindHeadEnd: an empty line without CR ends the head too, for the parser to refuse (H2)") {
  const std::string head = "GET / HTTP/1.1\nHost: a\n\n";
  CHECK(FindHeadEnd(head + "x") == head.size());
  CHECK(StatusOfHead(head) == 400);
}

TEST_CASE("FindHeadEnd: one empty line in front is not the end, two are") {
  const std::string head = "\r\n" + Head("GET / HTTP/1.1");
  CHECK(FindHeadEnd(head) == head.size());
  CHECK(FindHeadEnd("\r\n" + head) == 4);
}
