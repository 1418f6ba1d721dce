#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "http_client_fixture.h"
#include "support/fake_clock.h"
#include "support/scripted_server.h"
#include "vcache/net/http_client.h"

using namespace vcache;
using namespace std::chrono_literals;
using test::Answer;
using test::CheckError;
using test::Client;
using test::Post;
using test::PostForm;
using test::PutFile;
using test::ScriptedServer;
using Peer = test::ScriptedServer::Peer;

TEST_CASE("CurlHttpClient: returns status, headers in lower case and body of any answer") {
  ScriptedServer server(Answer(418, "teapot", "X-Request-ID:  abc \r\n"));
  Client client;
  const auto response = client.Send(Post(server.url()));
  REQUIRE(response);
  CHECK(response->status == 418);
  CHECK(response->body == "teapot");
  CHECK(response->headers.at(1) == std::pair<std::string, std::string>("x-request-id", "abc"));
  CHECK_FALSE(response->retry_after);
  const std::string raw = server.request(0);
  CHECK(raw.starts_with("POST /path HTTP/1.1\r\n"));
  CHECK(raw.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST_CASE("CurlHttpClient: sends a form's fields in order, a file from its source") {
  ScriptedServer server(Answer(200, "{}"));
  Client client;
  const std::string content(300'000, 'x');
  REQUIRE(client.Send(PostForm(server.url(), content, content.size())));
  const std::string raw = server.request(0);
  const auto key = raw.find("name=\"key\"\r\n\r\nvalue\r\n");
  const auto media = raw.find(
      "name=\"media\"; filename=\"upload.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + content);
  CHECK(key != std::string::npos);
  CHECK(media != std::string::npos);
  CHECK(key < media);
}

TEST_CASE("CurlHttpClient: puts a file's bytes as they are, under their announced length") {
  ScriptedServer server(Answer(200, ""));
  Client client;
  const std::string content(300'000, 'y');
  REQUIRE(client.Send(PutFile(server.url(), content, content.size())));
  const std::string raw = server.request(0);
  CHECK(raw.starts_with("PUT /path HTTP/1.1\r\n"));
  CHECK(raw.find("\r\nContent-Length: 300000\r\n") != std::string::npos);
  CHECK(raw.find("\r\nContent-Type: application/octet-stream\r\n") != std::string::npos);
  CHECK(raw.find("x-www-form-urlencoded") == std::string::npos);
  CHECK(raw.ends_with("\r\n\r\n" + content));
}

TEST_CASE("CurlHttpClient: GET and HEAD carry no body") {
  ScriptedServer server(Answer(204, ""));
  Client client;
  net::HttpRequest request = Post(server.url());
  request.method = "GET";
  request.body = std::monostate{};
  REQUIRE(client.Send(request));
  CHECK(server.request(0).starts_with("GET /path HTTP/1.1\r\n"));
}

TEST_CASE("rule C1: a paid call that the server drops is sent once, on the first connection") {
  ScriptedServer server(test::CloseWithoutAnswer());
  Client client;
  for (const auto& request : {Post(server.url()), PostForm(server.url(), "0123456789", 10),
                              PutFile(server.url(), "0123456789", 10)}) {
    const int before = server.requests();
    CheckError(client.Send(request), ErrorCode::kVendorUnavailable, Charge::kUnknown);
    CHECK(server.requests() == before + 1);
  }
}

TEST_CASE("rule C1: a paid call that the server drops is sent once, after a kept-alive call") {
  ScriptedServer server({Answer(200, "{}"), test::CloseWithoutAnswer()});
  Client client;
  REQUIRE(client.Send(Post(server.url())));
  for (const auto& request : {Post(server.url()), PostForm(server.url(), "0123456789", 10),
                              PutFile(server.url(), "0123456789", 10)}) {
    const int before = server.requests();
    CheckError(client.Send(request), ErrorCode::kVendorUnavailable, Charge::kUnknown);
    CHECK(server.requests() == before + 1);
  }
  CHECK(server.connections() == 4);  // no call ever travels on an older connection
}

TEST_CASE("rule C2: a connection that is reset after the body leaves the charge unknown") {
  ScriptedServer server([](Peer& peer, const std::string&) { peer.Reset(); });
  Client client;
  CheckError(client.Send(Post(server.url())), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CHECK(server.requests() == 1);
}

TEST_CASE("rule C2: half an answer is an error of unknown charge") {
  ScriptedServer server(test::SendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a"));
  Client client;
  CheckError(client.Send(Post(server.url())), ErrorCode::kVendorUnavailable, Charge::kUnknown);
  ScriptedServer chunked(
      test::SendAndClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\""));
  CheckError(client.Send(Post(chunked.url())), ErrorCode::kVendorUnavailable, Charge::kUnknown);
}

TEST_CASE("rule C2: a refused connection charges nothing") {
  std::string url;
  {
    ScriptedServer gone(Answer(200, ""));
    url = gone.url();
  }
  Client client;
  CheckError(client.Send(Post(url)), ErrorCode::kVendorUnavailable, Charge::kNone);
}

TEST_CASE("rule C2: a failed TLS handshake charges nothing and sends nothing") {
  ScriptedServer plain(test::CloseWithoutAnswer());
  Client client;
  const std::string url = "https://127.0.0.1:" + std::to_string(plain.port());
  net::HttpRequest request = Post(url);
  request.timeout = 300ms;  // the plain server waits for the rest of what it takes for a head
  const auto result = client.Send(request);
  REQUIRE_FALSE(result);
  CHECK(result.error().charge == Charge::kNone);
  CHECK(plain.requests() == 0);
}

TEST_CASE("rule T8: without certificate authorities the message names the package") {
  ScriptedServer plain(test::CloseWithoutAnswer());
  net::CurlHttpClientOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  Client client(options);
  const auto result = client.Send(Post("https://127.0.0.1:" + std::to_string(plain.port())));
  CheckError(result, ErrorCode::kVendorUnavailable, Charge::kNone);
  CHECK(result.error().message.find("ca-certificates") != std::string::npos);
}

TEST_CASE("rule C3: one client serves many threads at once") {
  ScriptedServer server([](Peer& peer, const std::string& request) {
    const std::string body = request.substr(request.find("\r\n\r\n") + 4);
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
  });
  Client client;
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int call = 0; call < 10; ++call) {
        const std::string body = std::to_string(thread) + "/" + std::to_string(call);
        const auto response = client.Send(Post(server.url(), body));
        if (response && response->body == body) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 80);
  CHECK(server.requests() == 80);
}
