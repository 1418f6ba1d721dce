#include <doctest/doctest.h>

#include <string>
#include <variant>

#include "http_client_fixture.h"
#include "support/scripted_server.h"
#include "vcache/net/http_client.h"

using namespace vcache;
using test::Answer;
using test::CheckError;
using test::Client;
using test::Post;
using test::ScriptedServer;

namespace {

net::CurlHttpClientOptions Reusing() {
  net::CurlHttpClientOptions options;
  options.reuse_connections = true;
  options.peer = "Example";
  return options;
}

}  // namespace

TEST_CASE("CurlHttpClient: with reuse, requests travel on one connection, one after the other") {
  ScriptedServer server(Answer(200, "{}"));
  Client client(Reusing());
  for (int i = 0; i < 5; ++i) REQUIRE(client.Send(Post(server.url())));
  CHECK(server.requests() == 5);
  CHECK(server.connections() == 1);
}

TEST_CASE("rule C1: with reuse, a request that dies with its old connection is not sent again") {
  ScriptedServer server({Answer(200, "{}"), test::CloseWithoutAnswer(), Answer(200, "{}")});
  Client client(Reusing());
  REQUIRE(client.Send(Post(server.url())));
  // libcurl would repeat it by itself: the connection is an old one and not a byte came back.
  const auto lost = client.Send(Post(server.url()));
  CheckError(lost, ErrorCode::kVendorUnavailable, Charge::kUnknown);
  CHECK(lost.error().message.find("Example") != std::string::npos);
  CHECK(server.requests() == 2);
  REQUIRE(client.Send(Post(server.url())));
  CHECK(server.requests() == 3);
  // It opens one for the repetition, and finds before it sends that the body cannot be read again.
  CHECK(server.connections() == 3);
}

TEST_CASE("rule C1: with reuse, a request without a body has a connection of its own") {
  ScriptedServer server({Answer(200, "{}"), test::CloseWithoutAnswer()});
  Client client(Reusing());
  REQUIRE(client.Send(Post(server.url())));
  net::HttpRequest get = Post(server.url());
  get.method = "GET";
  get.body = std::monostate{};
  CHECK_FALSE(client.Send(get));
  CHECK(server.requests() == 2);
  CHECK(server.connections() == 2);
}

TEST_CASE("CurlHttpClient: with reuse, a connection that the server closed is replaced") {
  ScriptedServer server([](ScriptedServer::Peer& peer, const std::string&) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    peer.Close();
  });
  Client client(Reusing());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.Send(Post(server.url())));
    // The end of the connection must have arrived, as it has when a server closed an idle one.
    while (server.open_connections() > 0) std::this_thread::yield();
  }
  CHECK(server.connections() == 3);
}

TEST_CASE("rule C4: a request's own limit of the answer holds in place of the client's") {
  ScriptedServer server(Answer(200, std::string(1'000, 'x')));
  Client client(Reusing());
  net::HttpRequest request = Post(server.url());
  request.max_response_bytes = 999;
  CheckError(client.Send(request), ErrorCode::kVendorInvalidAnswer, Charge::kUnknown);
  request.max_response_bytes = 1'000;
  CHECK(client.Send(request)->body.size() == 1'000);
}
