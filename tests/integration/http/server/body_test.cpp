#include <doctest/doctest.h>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {
namespace {

using std::chrono::milliseconds;

const std::string kChunkedHead =
    "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string Announce(std::string_view path, std::uint64_t length, std::string_view more = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(more) + "\r\n";
}

TEST_CASE("BodyReader: hands over a body of any size, whole and once (rule H3)") {
  TestServer server;
  auto client = server.Connect();
  for (const std::size_t size : {0U, 1U, 4096U, 16'385U, 3'000'000U}) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 256);
    std::thread sender([&] { client.Send(Post("/upload", body)); });
    const auto response = client.ReceiveResponse();
    sender.join();
    CHECK(response.status == 200);
    CHECK(response.body == body);
    CHECK(response.Field("Connection") == "keep-alive");
  }
}

TEST_CASE("BodyReader: a request without length and chunks has an empty body at once (rule H3)") {
  TestServer server;
  auto client = server.Connect();
  CHECK(client.Exchange("POST /upload HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
  CHECK(server.last_body() == "0");
  CHECK(client.Exchange(Get("/hello")).body == "hello");
}

TEST_CASE("BodyReader: decodes chunks, trailers included, and stays in step (rule H4)") {
  TestServer server;
  auto client = server.Connect();
  const auto response =
      client.Exchange(kChunkedHead + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n");
  CHECK(response.status == 200);
  CHECK(response.body == "hello world");
  CHECK(response.Field("Connection") == "keep-alive");
  CHECK(client.Exchange(Get("/hello")).body == "hello");
}

TEST_CASE("BodyReader: malformed or cut chunks are errors, never a shorter body (rule H4)") {
  TestServer server;
  for (const std::string& chunks :
       std::vector<std::string>{"-2\r\nab\r\n0\r\n\r\n", "2\r\nabX0\r\n\r\n", "2\nab\r\n0\r\n\r\n",
                                "fffffffffffffffff\r\nab", "zz\r\n", "\r\n\r\n", "0x2\r\nab\r\n"}) {
    auto client = server.Connect();
    const auto response = client.Exchange(kChunkedHead + chunks);
    CHECK(response.status == 400);
    CHECK(response.Field("Connection") == "close");
    CHECK(client.ClosedByServer());
  }
  auto cut = server.Connect();
  cut.Send(kChunkedHead + "5\r\nhel");
  REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 8; }));
  cut.Close();
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 8; }));
  CHECK(server.accesses().back().client_gone);
}

TEST_CASE("BodyReader: refuses an announced length over the limit before a byte of it (rule H6)") {
  auto options = TestServer::Loopback();
  options.max_body_bytes = 1000;
  TestServer server(options);
  auto client = server.Connect();
  const auto response = client.Exchange(Announce("/upload", 1001, "Expect: 100-continue\r\n"));
  CHECK(response.status == 413);  // and no 100 before it
  CHECK(response.Field("Connection") == "close");
  CHECK(server.handled().empty());
  auto fits = server.Connect();
  CHECK(fits.Exchange(Post("/upload", std::string(1000, 'x'))).status == 200);
}

TEST_CASE("BodyReader: counts chunked bytes against the limit (rule H6)") {
  auto options = TestServer::Loopback();
  options.max_body_bytes = 1000;
  TestServer server(options);
  auto client = server.Connect();
  client.Send(kChunkedHead);
  const std::string chunk = "64\r\n" + std::string(100, 'x') + "\r\n";
  for (int i = 0; i < 11; ++i) client.Send(chunk);
  const auto response = client.ReceiveResponse();
  CHECK(response.status == 413);
  CHECK(response.Field("Connection") == "close");
}

TEST_CASE("BodyReader: asks a waiting client to go on only when the body is wanted (rule H6)") {
  TestServer server;
  auto wanted = server.Connect();
  wanted.Send(Announce("/upload", 5, "Expect: 100-continue\r\n"));
  CHECK(wanted.ReceiveResponse().head == "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.Send("hello");
  const auto response = wanted.ReceiveResponse();
  CHECK(response.body == "hello");
  CHECK(response.Field("Connection") == "keep-alive");
  CHECK(wanted.Exchange(Get("/hello")).body == "hello");

  for (const std::string& path : std::vector<std::string>{"/ignore", "/nowhere"}) {
    auto refused = server.Connect();
    const auto answer = refused.Exchange(Announce(path, 5, "Expect: 100-continue\r\n"));
    CHECK(answer.status != 100);
    // Whether the body follows is unknown, so the connection cannot go on (rule H5).
    CHECK(answer.Field("Connection") == "close");
  }

  // The client has left the body out, and its next request is there already: whatever is skipped
  // as a body would be a part of that request.
  const std::string next = Get("/hello");
  for (const std::size_t announced : {std::size_t{5}, next.size()}) {
    CAPTURE(announced);
    auto hasty = server.Connect();
    hasty.Send(Announce("/ignore", announced, "Expect: 100-continue\r\n") + next);
    const auto answer = hasty.ReceiveResponse();
    CHECK(answer.status == 200);
    CHECK(answer.Field("Connection") == "close");
    CHECK(hasty.ReceiveAll().empty());
  }

  auto eager = server.Connect();
  eager.Send(Announce("/upload", 5, "Expect: 100-continue\r\n") + "hello");
  CHECK(eager.ReceiveResponse().status == 200);  // had not waited, is not asked
}

TEST_CASE("BodyReader: a trickling body is cut, however often a byte comes (rule H8)") {
  auto options = TestServer::Loopback();
  options.body_grace = milliseconds(200);
  options.body_min_bytes_per_second = 100'000;
  TestServer server(options);
  auto client = server.Connect();
  client.Send(Announce("/upload", 1'000'000));
  while (!client.Readable(milliseconds(10)) && client.Send("x")) {
  }
  const auto response = client.ReceiveResponse();
  CHECK(response.status == 408);
  CHECK(response.Field("Connection") == "close");
}

TEST_CASE("BodyReader: the deadline of the request ends a body of any rate (rule H8)") {
  auto options = TestServer::Loopback();
  options.request_timeout = milliseconds(100);
  TestServer server(options);
  auto client = server.Connect();
  CHECK(client.Exchange(Announce("/upload", 10)).status == 408);
}

TEST_CASE("BodyReader: time that the handler takes is not the client's (rule H8)") {
  auto options = TestServer::Loopback();
  options.body_grace = milliseconds(100);
  options.body_min_bytes_per_second = 1'000'000'000;
  std::latch sent(1);
  /// Takes long over each piece.
  struct Slow final : Intake {
    explicit Slow(std::latch& latch) : rest_sent(latch) {}
    Result<void> Take(ByteView) override {
      rest_sent.wait();
      return {};
    }
    void Complete(std::shared_ptr<Responder> responder) override {
      responder->Answer([] { return Response{}; });
    }
    std::latch& rest_sent;
  };
  TestServer server(options, [&](Router& router) {
    router.AddRoute("POST", "/late",
                    [&](Request&) -> RouteResult { return std::make_unique<Slow>(sent); });
  });
  auto client = server.Connect();
  client.Send(Announce("/late", 5) + "h");
  CHECK_FALSE(client.Readable(milliseconds(300)));  // longer than the grace
  client.Send("ello");
  sent.count_down();
  CHECK(client.ReceiveResponse().status == 200);
}

TEST_CASE("BodyReader: a client that leaves within its body is told apart from an end (H25)") {
  TestServer server;
  const std::size_t descriptors = CountOwn("fd");
  for (const bool reset : {false, true}) {
    auto client = server.Connect();
    client.Send(Announce("/upload", 1000) + "only this");
    const std::size_t before = server.accesses().size();
    REQUIRE(TestServer::Eventually([&] { return server.handled().size() == before + 1; }));
    if (reset) {
      client.Reset();
    } else {
      client.Close();
    }
    REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == before + 1; }));
    CHECK(server.accesses().back().client_gone);
  }
  CHECK(TestServer::Eventually([&] { return CountOwn("fd") == descriptors; }));
}

TEST_CASE(
    "Server: a body left unread costs the connection, unless it is small and here (rule H5)") {
  TestServer server;
  auto small = server.Connect();
  auto response = small.Exchange(Post("/ignore", std::string(1000, 'x')));
  CHECK(response.Field("Connection") == "keep-alive");
  CHECK(small.Exchange(Get("/hello")).body == "hello");

  auto absent = server.Connect();
  response = absent.Exchange(Announce("/ignore", 1000));
  CHECK(response.Field("Connection") == "close");

  auto large = server.Connect();
  response = large.Exchange(Announce("/ignore", 65'537));
  CHECK(response.Field("Connection") == "close");
}

TEST_CASE("Server: an early answer survives the body that is still on its way (rule H6)") {
  TestServer server;
  auto client = server.Connect();
  client.Send(Announce("/nowhere", 3'000'000));
  // All of it fits into what is dropped; a reset would lose the answer.
  CHECK(client.Send(std::string(3'000'000, 'x')));
  CHECK(client.ReceiveResponse().status == 404);
  CHECK(client.ReceiveSome().empty());
}

TEST_CASE("Server: drops a bounded amount after an early answer, then closes (rule H6)") {
  auto options = TestServer::Loopback();
  options.linger_bytes = 100'000;
  options.linger_time = milliseconds(60'000);
  TestServer server(options);
  auto client = server.Connect();
  client.Send(Announce("/nowhere", 50'000'000));
  const std::string piece(64 * 1024, 'x');
  std::size_t pieces = 0;
  while (pieces < 700 && client.Send(piece)) ++pieces;
  CHECK(pieces < 700);
}

TEST_CASE("Server: after an early answer a client that sends on quickly gets the time (rule H6)") {
  auto options = TestServer::Loopback();
  options.linger_bytes = 64 << 20;
  options.linger_time = milliseconds(200);
  TestServer server(options);
  auto client = server.Connect();
  client.Send(Announce("/nowhere", 50'000'000));
  const std::string piece(500'000, 'x');
  for (int i = 0; i < 20; ++i) {  // 0.6 s
    CHECK(client.Send(piece));
    std::this_thread::sleep_for(milliseconds(30));
  }
  CHECK(client.ReceiveResponse().status == 404);

  auto slow = server.Connect();
  slow.Send(Announce("/nowhere", 50'000'000));
  CHECK(TestServer::Eventually([&] {
    std::this_thread::sleep_for(milliseconds(20));
    return !slow.Send("x");
  }));
}

TEST_CASE("Server: drops for a bounded time after an early answer, then closes (rule H6)") {
  auto options = TestServer::Loopback();
  options.linger_time = milliseconds(50);
  TestServer server(options);
  const std::size_t descriptors = CountOwn("fd");
  auto client = server.Connect();
  CHECK(client.Exchange(Announce("/nowhere", 50'000)).status == 404);
  // The client keeps its side open; only its own descriptor remains.
  CHECK(TestServer::Eventually([&] { return CountOwn("fd") == descriptors + 1; }));
}

}  // namespace
}  // namespace vcache::http
