#include <doctest/doctest.h>

#include <array>
#include <regex>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {
namespace {

TEST_CASE("Server: answers with every field that an answer bears") {
  TestServer server;
  auto client = server.Connect();
  const auto response = client.Exchange(Get("/hello"));
  CHECK(response.status == 200);
  CHECK(response.body == "hello");
  CHECK(response.Field("Content-Length") == "5");
  CHECK(response.Field("Content-Type") == "text/plain; charset=utf-8");
  CHECK(response.Field("Connection") == "keep-alive");
  CHECK(response.Field("X-Finished") == "yes");
  const auto date = response.Field("Date").value_or("");
  CHECK(std::regex_match(date, std::regex("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} "
                                          "\\d\\d:\\d\\d:\\d\\d GMT")));
  const auto id = response.Field("X-Request-Id").value_or("");
  CHECK(std::regex_match(id, std::regex("[0-9a-f]{32}")));
  // Of the library's own additions nothing is left.
  CHECK(response.Count("Keep-Alive") == 1);
  CHECK(response.Field("Keep-Alive") == "timeout=115");
  CHECK(response.Count("Connection") == 1);
  CHECK(response.Count("Content-Length") == 1);
}

TEST_CASE("Server: takes a well-formed request id over and makes one for any other") {
  TestServer server;
  auto client = server.Connect();
  CHECK(client.Exchange(Get("/hello", "X-Request-Id: a.B_9-z\r\n")).Field("X-Request-Id") ==
        "a.B_9-z");
  const std::string longest(64, 'x');
  CHECK(client.Exchange(Get("/hello", "X-Request-Id: " + longest + "\r\n")).Field("X-Request-Id") ==
        longest);
  for (const std::string& bad : {longest + "x", std::string("a b"), std::string("a%0d%0ab"),
                                 std::string("\"quoted\""), std::string("")}) {
    const auto response = client.Exchange(Get("/hello", "X-Request-Id: " + bad + "\r\n"));
    CHECK(response.Field("X-Request-Id")->size() == 32);
  }
}

TEST_CASE("Server: answers HEAD with the length of the body and without the body") {
  TestServer server;
  auto client = server.Connect();
  client.Send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto response = client.ReceiveResponse(false);
  CHECK(response.status == 200);
  CHECK(response.Field("Content-Length") == "5");
  CHECK(response.Count("Accept-Ranges") == 0);
  CHECK(client.Exchange(Get("/hello")).body == "hello");  // and the connection is in step
}

TEST_CASE("Server: speaks HTTP/1.0, closing unless asked not to") {
  TestServer server;
  auto closing = server.Connect();
  closing.Send("GET /hello HTTP/1.0\r\n\r\n");
  const std::string all = closing.ReceiveAll();
  CHECK(all.find("Connection: close\r\n") != std::string::npos);
  CHECK(all.ends_with("hello"));

  auto keeping = server.Connect();
  const std::string request = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  CHECK(keeping.Exchange(request).Field("Connection") == "keep-alive");
  CHECK(keeping.Exchange(request).body == "hello");
}

TEST_CASE("Server: closes when the client asks for it") {
  TestServer server;
  auto client = server.Connect();
  const auto response = client.Exchange(Get("/hello", "Connection: close\r\n"));
  CHECK(response.Field("Connection") == "close");
  CHECK(client.ClosedByServer());
}

TEST_CASE("Server: 204 and 304 have neither body nor length (rule H24)") {
  TestServer server(TestServer::Loopback(), [](Router& router) {
    for (const int status : {204, 304}) {
      router.Add("GET", "/" + std::to_string(status), [status](Request&) {
        return Response{.status = status, .headers = {}, .body = "never", .log_outcome = {}};
      });
    }
  });
  auto client = server.Connect();
  for (const std::string& path : {std::string("/204"), std::string("/304")}) {
    const auto response = client.Exchange(Get(path));
    CHECK(std::to_string(response.status) == path.substr(1));
    CHECK(response.Count("Content-Length") == 0);
  }
  CHECK(client.Exchange(Get("/hello")).body == "hello");  // nothing stood between the answers
}

TEST_CASE(
    "Server: a handler sets fields twice but not the server's own, nor splits an answer (H24)") {
  TestServer server(TestServer::Loopback(), [](Router& router) {
    router.Add("GET", "/fields", [](Request&) {
      Response response;
      response.headers.Add("Vary", "Origin");
      response.headers.Add("Vary", "Accept");
      response.headers.Add("Content-Length", "999");
      response.headers.Add("Connection", "upgrade");
      response.headers.Add("X-Split", "a\r\nX-Evil: 1");
      return response;
    });
  });
  auto client = server.Connect();
  const auto response = client.Exchange(Get("/fields"));
  CHECK(response.Count("Vary") == 2);
  CHECK(response.Field("Content-Length") == "0");
  CHECK(response.Field("Connection") == "keep-alive");
  CHECK(response.Count("X-Evil") == 0);
}

TEST_CASE("Server: 404 and 405 come without reading the body (rule H13)") {
  TestServer server;
  auto missing = server.Connect();
  // The body is announced and never sent: whoever waited for it would wait long.
  auto response =
      missing.Exchange("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n");
  CHECK(response.status == 404);
  CHECK(response.Field("Connection") == "close");
  CHECK(response.body.find("not_found") != std::string::npos);

  for (const std::string& method :
       std::vector<std::string>{"PUT", "PATCH", "DELETE", "TRACE", "BREW"}) {
    auto client = server.Connect();
    response = client.Exchange(method + " /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(response.status == 405);
    CHECK(response.Field("Allow") == "GET, HEAD, OPTIONS");
  }
  CHECK(server.handled().empty());
}

TEST_CASE("Server: OPTIONS says what a known path allows, through the finishing hook") {
  TestServer server;
  auto client = server.Connect();
  auto response = client.Exchange("OPTIONS /upload HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(response.status == 204);
  CHECK(response.Field("Allow") == "POST, OPTIONS");
  CHECK(response.Field("X-Finished") == "yes");
  CHECK(client.Exchange("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status == 204);
  CHECK(client.Exchange("OPTIONS /nowhere HTTP/1.1\r\nHost: x\r\n\r\n").status == 404);
}

TEST_CASE(
    "Server: header values reach handlers raw, and no field can pose as the address (H14, H15)") {
  std::string seen;
  std::string peer;
  TestServer server(TestServer::Loopback(), [&](Router& router) {
    router.Add("GET", "/echo", [&](Request& request) {
      seen = request.info.headers.Get("X-Raw").value_or("");
      peer = request.info.peer;
      return Response{};
    });
  });
  auto client = server.Connect();
  CHECK(client
            .Exchange(Get("/echo",
                          "X-Raw: %0d%0aSet-Cookie: a%35\r\nREMOTE_ADDR: 8.8.8.8\r\n"
                          "REMOTE_PORT: 1\r\nX-Forwarded-For: 9.9.9.9\r\n"))
            .status == 200);
  CHECK(seen == "%0d%0aSet-Cookie: a%35");
  CHECK(peer == "127.0.0.1");
}

TEST_CASE("Server: ranges and codings that a client asks for change nothing (rule H16)") {
  const std::string text(100'000, 'a');
  TestServer server(TestServer::Loopback(), [&](Router& router) {
    router.Add("GET", "/text", [&](Request&) {
      Response response;
      response.headers.Set("Content-Type", "application/json");
      response.body = text;
      return response;
    });
  });
  auto client = server.Connect();
  const auto response = client.Exchange(
      Get("/text", "Range: bytes=0-1,5-9\r\nAccept-Encoding: br, gzip, deflate\r\n"));
  CHECK(response.status == 200);
  CHECK(response.Count("Content-Encoding") == 0);
  CHECK(response.Count("Content-Range") == 0);
  CHECK(response.body == text);
  CHECK(client.Exchange(Get("/text", "Range: bytes=zz\r\n")).status == 200);

  auto coded = server.Connect();
  CHECK(coded.Exchange(Post("/upload", "x", "Content-Encoding: gzip\r\n")).status == 415);
}

TEST_CASE("Server: what a handler throws is logged and never sent (rule H23)") {
  TestServer server;
  auto client = server.Connect();
  const auto response = client.Exchange(Get("/throw"));
  CHECK(response.status == 500);
  CHECK(response.body.find("internal_error") != std::string::npos);
  CHECK((response.head + response.body).find("swordfish") == std::string::npos);
  CHECK(response.head.find("EXCEPTION") == std::string::npos);
  CHECK(server.logger().Count(LogLevel::kError) == 1);
  CHECK(client.Exchange(Get("/hello")).status == 200);
}

TEST_CASE("Server: hooks that throw cost neither the answer nor the server (rule H23)") {
  SystemClock clock;
  test::RecordingLogger logger;
  const auto fail = [] { throw std::runtime_error("secret"); };
  Server server(TestServer::Loopback(), Router(),
                {.render_error = [&](const RequestInfo&, const Error&) -> Response {
                   fail();
                   return {};
                 },
                 .finish = [&](const RequestInfo&, Response&) { fail(); },
                 .on_finished = [&](const AccessRecord&) { fail(); }},
                clock, logger);
  REQUIRE(server.Start().has_value());
  test::RawClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    const auto response = client.Exchange(Get("/nowhere"));
    CHECK(response.status == 404);
    CHECK(response.body.find("\"code\":\"not_found\"") != std::string::npos);
    CHECK(response.body.find("secret") == std::string::npos);
  }
}

TEST_CASE("Server: every request leaves a record, those refused on their head too") {
  TestServer server;
  auto client = server.Connect();
  client.Exchange(Post("/upload", "12345", "X-Request-Id: one\r\n"));
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 1; }));
  auto bad = server.Connect();
  CHECK(bad.Exchange("GET /hello HTTP/1.1\r\n\r\n").status == 400);
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 2; }));
  const auto accesses = server.accesses();
  CHECK(accesses[0].id == "one");
  CHECK(accesses[0].method == "POST");
  CHECK(accesses[0].path == "/upload");
  CHECK(accesses[0].bytes_in == 5);
  CHECK(accesses[0].bytes_out > 5);
  CHECK(accesses[0].status == 200);
  CHECK(accesses[1].method.empty());
  CHECK(accesses[1].status == 400);
  CHECK_FALSE(accesses[1].client_gone);
}

TEST_CASE("Server: a stand-in may cut its answer short") {
  TestServer server(TestServer::Loopback(), [](Router& router) {
    for (const std::size_t bytes : {0U, 20U, 100'000U}) {
      router.Add("GET", "/cut" + std::to_string(bytes), [bytes](Request&) {
        Response response;
        response.body = "whole";
        response.cut_after = bytes;
        return response;
      });
    }
  });
  CHECK([&] {
    auto c = server.Connect();
    c.Send(Get("/cut0"));
    return c.ReceiveAll();
  }()
            .empty());
  CHECK([&] {
    auto c = server.Connect();
    c.Send(Get("/cut20"));
    return c.ReceiveAll();
  }() == "HTTP/1.1 200 OK\r\nCon");
  CHECK([&] {
    auto c = server.Connect();
    c.Send(Get("/cut100000"));
    return c.ReceiveAll();
  }()
            .ends_with("whole"));
}

TEST_CASE("Server: head and body leave together, without waiting for acknowledgements (rule H18)") {
  TestServer server;
  auto client = server.Connect();
  for (int i = 0; i < 20; ++i) {
    client.Send(Get("/hello"));
    // One receive has it all: it was one segment.
    const std::string answer = client.ReceiveSome();
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.ends_with("\r\n\r\nhello"));
  }
  // Our end of the server's sockets: all of them have the option set.
  std::size_t accepted = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in local{};
    socklen_t size = sizeof local;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) continue;
    if (local.sin_family != AF_INET || ntohs(local.sin_port) != server.port()) continue;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) continue;
    int no_delay = 0;
    size = sizeof no_delay;
    ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
    CHECK(no_delay != 0);
    ++accepted;
  }
  CHECK(accepted == 1);
}

TEST_CASE("Server: a large answer arrives whole at a slow reader") {
  const std::string large(32 * 1024 * 1024, 'z');
  TestServer server(TestServer::Loopback(), [&](Router& router) {
    router.Add("GET", "/large", [&](Request&) {
      return Response{.status = 200, .headers = {}, .body = large, .log_outcome = {}};
    });
  });
  auto client = server.Connect();
  CHECK(client.Exchange(Get("/large")).body == large);
  CHECK(client.Exchange(Get("/hello")).body == "hello");
}

TEST_CASE("Server: a client that does not read its answer is let go after the write timeout (H8)") {
  auto options = TestServer::Loopback();
  options.write_timeout = std::chrono::milliseconds(50);
  options.body_min_bytes_per_second = 1'000'000'000;
  TestServer server(options, [](Router& router) {
    router.Add("GET", "/large", [](Request&) {
      return Response{
          .status = 200, .headers = {}, .body = std::string(64 << 20, 'z'), .log_outcome = {}};
    });
  });
  auto client = server.Connect();
  client.Send(Get("/large"));
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 1; }));
  CHECK(server.accesses()[0].client_gone);
  CHECK(server.accesses()[0].bytes_out < 64U << 20U);
}

}  // namespace

}  // namespace vcache::http
