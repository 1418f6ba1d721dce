#include <doctest/doctest.h>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {
namespace {

using std::chrono::milliseconds;
using Paths = std::vector<std::string>;

TEST_CASE("Server: what follows an aborted upload is never executed as a request (rule H5)") {
  auto options = TestServer::Loopback();
  options.max_body_bytes = 100;
  TestServer server(options);
  const std::string evil = Get("/hello");
  // Refused on its announced length, on its chunks, on its route: each time the rest of the body
  // looks like a request.
  for (const std::string& attack : std::vector<std::string>{
           "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + evil,
           "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + evil,
           "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + evil,
           "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n" + evil}) {
    auto client = server.Connect();
    client.Send(attack + evil);
    client.ReceiveResponse();
    CHECK(client.ClosedByServer());
  }
  for (const std::string& path : server.handled()) CHECK(path != "/hello");
}

TEST_CASE("Server: two lengths, or a length and chunks, are one refusal and no request (rule H3)") {
  TestServer server;
  const std::string evil = Get("/hello");
  for (const std::string& framing : std::vector<std::string>{
           "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
           "Content-Length: 4\r\nContent-Length: 4\r\n", "Content-Length: 4, 4\r\n",
           "Content-Length: +4\r\n", "Content-Length: 0x4\r\n", "Content-Length: -1\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding:\r\n chunked\r\n"}) {
    auto client = server.Connect();
    client.Send("POST /upload HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n0\r\n\r\n" + evil);
    const auto response = client.ReceiveResponse();
    CHECK((response.status == 400 || response.status == 501));
    CHECK(response.Field("Connection") == "close");
    CHECK(client.ClosedByServer());
  }
  auto client = server.Connect();
  CHECK(
      client.Exchange("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345").status ==
      400);
  CHECK(server.handled().empty());
}

TEST_CASE("Server: refuses malformed heads and closes (rule H2)") {
  TestServer server;
  for (const std::string& head : std::vector<std::string>{
           "GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
           "GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n", "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n",
           "GET /hello HTTP/1.1\nHost: x\n\n", "GET /hello HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: x\r\nA : c\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
           "GET hello HTTP/1.1\r\nHost: x\r\n\r\n", "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
           "\r\n\r\n\r\n", std::string("GET /hel\0lo HTTP/1.1\r\nHost: x\r\n\r\n", 33)}) {
    auto client = server.Connect();
    const auto response = client.Exchange(head);
    CHECK(response.status == 400);
    CHECK(response.Field("Connection") == "close");
    CHECK(client.ClosedByServer());
  }
  CHECK(server.handled().empty());
  auto absolute = server.Connect();
  CHECK(absolute.Exchange("GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
}

TEST_CASE("Server: refuses heads over their limits, ended or not (rule H2)") {
  auto options = TestServer::Loopback();
  TestServer server(options);
  std::string many;
  for (int i = 0; i < 70; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  const std::string big = "X: " + std::string(17'000, 'y');
  for (const std::string& head :
       std::vector<std::string>{Get("/hello", many), Get("/hello", big + "\r\n"),
                                "GET /hello HTTP/1.1\r\nHost: x\r\n" + big,
                                std::string(17'000, 'z'), Get("/" + std::string(3000, 'p'))}) {
    auto client = server.Connect();
    const auto response = client.Exchange(head);
    CHECK(response.status == StatusOf(ErrorCode::kHeadTooLarge));
    CHECK(client.ClosedByServer());
  }
}

TEST_CASE("Server: a request may arrive split anywhere") {
  TestServer server;
  auto client = server.Connect();
  const std::string plain = Post("/upload", "hello");
  const std::string chunked =
      "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
  for (const std::string& request : {plain, chunked}) {
    for (std::size_t at = 1; at < request.size(); ++at) {
      client.Send(request.substr(0, at));
      // Enough for the server to have seen the first part alone, most of the time; the answer is
      // the same whenever it has not.
      std::this_thread::yield();
      client.Send(request.substr(at));
      const auto response = client.ReceiveResponse();
      REQUIRE(response.status == 200);
      REQUIRE(response.body == "hello");
      if (response.Field("Connection") == "close") FAIL("lost the connection");
    }
    for (const char c : request) client.Send({&c, 1});
    CHECK(client.ReceiveResponse().body == "hello");
  }
}

TEST_CASE("Server: answers pipelined requests in their order") {
  TestServer server;
  auto client = server.Connect();
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests += i % 2 == 0 ? Post("/upload", std::to_string(i)) : Get("/hello");
  }
  client.Send(requests);
  for (int i = 0; i < 100; ++i) {
    CHECK(client.ReceiveResponse().body == (i % 2 == 0 ? std::to_string(i) : "hello"));
  }
}

TEST_CASE("Server: a pipelined request survives the body that the handler before ignored") {
  TestServer server;
  auto client = server.Connect();
  client.Send(Post("/ignore", "abc") + Get("/hello"));
  CHECK(client.ReceiveResponse().body == "ignored");
  CHECK(client.ReceiveResponse().body == "hello");
}

TEST_CASE("Server: a whole pipelined chunked upload leaves the next request in step (rule H4)") {
  TestServer server;
  auto client = server.Connect();
  client.Send(
      "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n" +
      Get("/hello") + Post("/upload", "last"));
  CHECK(client.ReceiveResponse().body == "hello");
  CHECK(client.ReceiveResponse().body == "hello");
  CHECK(client.ReceiveResponse().body == "last");
  CHECK(server.handled() == Paths{"/upload", "/hello", "/upload"});
}

TEST_CASE("Server: empty chunks on GET are an empty body, and the next request is in step (H5)") {
  TestServer server;
  auto client = server.Connect();
  const std::string fields = " /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
  for (const std::string& chunks :
       {std::string("0\r\n\r\n"), std::string("000;a=b\r\nContent-Length: 70\r\n\r\n")}) {
    client.Send("GET" + fields + "\r\n" + chunks + Get("/hello"));
    CHECK(client.ReceiveResponse().body == "hello");
    CHECK(client.ReceiveResponse().body == "hello");
    client.Send("HEAD" + fields + "\r\n" + chunks);
    CHECK(client.ReceiveResponse(false).status == 200);
    CHECK(client.Exchange("OPTIONS" + fields + "\r\n" + chunks).status == 204);
  }
  // The end may come later than the head, in pieces.
  client.Send("GET" + fields + "\r\n0\r");
  CHECK_FALSE(client.Readable(std::chrono::milliseconds(20)));
  CHECK(client.Exchange("\n\r\n").body == "hello");
  CHECK(client.Exchange("GET" + fields + "Expect: 100-continue\r\n\r\n").status == 100);
  CHECK(client.Exchange("0\r\n\r\n").body == "hello");
}

TEST_CASE("Server: chunks that hold something are refused on GET, and nothing follows (H3, H5)") {
  TestServer server;
  for (const std::string method : {"GET", "HEAD", "OPTIONS"}) {
    for (const std::string chunks :
         {"1\r\nx\r\n0\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n", "-0\r\n\r\n", "0\n\n"}) {
      CAPTURE(method);
      CAPTURE(chunks);
      auto client = server.Connect();
      client.Send(method + " /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                  chunks + Get("/hello"));
      const auto response = client.ReceiveResponse(method != "HEAD");
      CHECK(response.status == 400);
      CHECK(response.Field("Connection") == "close");
      CHECK(client.ReceiveAll().empty());
    }
  }
  CHECK(server.handled().empty());
}

TEST_CASE("Server: a client that shuts its writing side after its request is still answered") {
  TestServer server;
  auto client = server.Connect();
  client.Send(Post("/upload", "hello"));
  client.ShutdownWrite();
  CHECK(client.ReceiveResponse().body == "hello");
  CHECK(client.ClosedByServer());
}

}  // namespace
}  // namespace vcache::http
