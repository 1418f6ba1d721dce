// Whose request it is behind a proxy, and answers that are held back.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {

TEST_CASE("Server: behind a trusted proxy, the client is whom the proxy names") {
  ServerOptions options = TestServer::Loopback();
  options.proxies.networks = {IpNetwork::Parse("127.0.0.0/8").value()};
  options.max_connections_per_address = 1;
  std::string client;
  std::string group;
  TestServer server(options, [&](Router& router) {
    router.Add("GET", "/client", [&](Request& request) {
      client = request.info.client;
      group = request.info.client_group;
      return Response{};
    });
  });
  auto one = server.Connect();
  CHECK(one.Exchange(Get("/client", "X-Forwarded-For: 6.6.6.6, 2001:db8::7\r\n")).status == 200);
  CHECK(client == "2001:db8::7");
  CHECK(group == "2001:db8::");
  CHECK(one.Exchange(Get("/client", "")).status == 200);
  CHECK(client == "127.0.0.1");
  auto two = server.Connect();  // many clients share a proxy's address
  CHECK(two.Exchange(Get("/client", "X-Forwarded-For: 192.0.2.1\r\n")).status == 200);
  CHECK(client == "192.0.2.1");
}

TEST_CASE("Server: a client behind a proxy does not wait for all that another one asked for") {
  ServerOptions options = TestServer::Loopback();
  options.proxies.hops = 1;
  options.worker_threads = 1;
  std::latch begun(1);
  std::latch may_end(1);
  std::mutex mutex;
  std::vector<std::string> order;
  TestServer server(options, [&](Router& router) {
    router.Add("GET", "/first", [&](Request&) {
      begun.count_down();
      may_end.wait();
      return Response{};
    });
    router.Add("GET", "/then", [&](Request& request) {
      const std::lock_guard lock(mutex);
      order.push_back(request.info.client);
      return Response{};
    });
  });
  auto first = server.Connect();
  first.Send(Get("/first", ""));
  begun.wait();
  std::vector<test::RawClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(server.Connect());
    clients.back().Send(Get("/then", "X-Forwarded-For: 192.0.2.1\r\n"));
  }
  clients.push_back(server.Connect());
  clients.back().Send(Get("/then", "X-Forwarded-For: 192.0.2.2\r\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // all are queued
  may_end.count_down();
  for (auto& client : clients) CHECK(client.ReceiveResponse().status == 200);
  const auto other = std::find(order.begin(), order.end(), "192.0.2.2");
  CHECK(other - order.begin() <= 1);
}

TEST_CASE("Server: a connection from elsewhere names nobody, and its limit holds") {
  ServerOptions options = TestServer::Loopback();
  options.proxies.networks = {IpNetwork::Parse("10.0.0.0/8").value()};
  options.max_connections_per_address = 1;
  std::string client;
  TestServer server(options, [&](Router& router) {
    router.Add("GET", "/client", [&](Request& request) {
      client = request.info.client;
      return Response{};
    });
  });
  auto one = server.Connect();
  CHECK(one.Exchange(Get("/client", "X-Forwarded-For: 6.6.6.6\r\n")).status == 200);
  CHECK(client == "127.0.0.1");
  CHECK(server.Connect().Exchange(Get("/client", "")).status == 503);
}

TEST_CASE("Server: a route can have its answer held back, without a thread") {
  TestServer server(TestServer::Loopback(), [&](Router& router) {
    router.AddRoute("GET", "/late", [](Request& request) -> RouteResult {
      request.info.answer_delay = std::chrono::milliseconds(300);
      return Error{.code = ErrorCode::kUnauthenticated, .message = "no"};
    });
  });
  const SteadyTime begun = server.clock().Now();
  auto client = server.Connect();
  CHECK(client.Exchange(Get("/late", "")).status == 401);
  CHECK(server.clock().Now() - begun >= std::chrono::milliseconds(300));
  CHECK(client.Exchange(Get("/late", "")).status == 401);  // the connection goes on
  CHECK(server.clock().Now() - begun >= std::chrono::milliseconds(600));
}

}  // namespace vcache::http
