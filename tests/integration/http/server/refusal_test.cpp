#include <doctest/doctest.h>

#include <condition_variable>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {
namespace {

const std::string kOrigin = "Origin: https://site.example\r\n";

/// Whether the refusal has what every answer has, and knows whose page it is for (rule H23).
void CheckBearsAll(const test::RawResponse& refused, int status) {
  CHECK(refused.status == status);
  CHECK(refused.Field("X-Finished") == "yes");
  CHECK(refused.Field("X-Seen-Origin") == "https://site.example");
  CHECK(refused.Field("X-Request-Id"));
  CHECK(refused.Field("Content-Type") == "application/problem+json");
  CHECK(refused.Field("Connection") == "close");
  CHECK_FALSE(refused.Field("Keep-Alive"));
}

TEST_CASE("Server: every refusal of a head bears what all answers bear, the origin's too (H23)") {
  TestServer server;
  const std::string many = [] {
    std::string fields;
    for (int i = 0; i < 70; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
    return fields;
  }();
  const std::string start = "GET /hello HTTP/1.1\r\nHost: x\r\n" + kOrigin;
  const std::vector<std::pair<std::string, int>> refused = {
      {"GET /hello HTTP/1.1\r\n" + kOrigin + "\r\n", 400},  // no Host
      {"GET /hello HTTP/2.0\r\nHost: x\r\n" + kOrigin + "\r\n", 400},
      {start + "A b: c\r\n\r\n", 400},
      {start + "Content-Length: 5\r\n\r\nhello", 400},
      {start + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 400},
      {Get("/nowhere", kOrigin + "Connection: close\r\n"), 404},
      {"POST /upload HTTP/1.1\r\nHost: x\r\n" + kOrigin + "Content-Length: 999999999999\r\n\r\n",
       413},
      {Post("/upload", "x", kOrigin + "Content-Encoding: gzip\r\n"), 415},
      {Get("/hello", kOrigin + many), 431},
      {start + "X: " + std::string(17'000, 'y'), 431},  // without an end
      {start + "X: " + std::string(17'000, 'y') + "\r\n\r\n", 431},
      {"GET /" + std::string(3'000, 'p') + " HTTP/1.1\r\nHost: x\r\n" + kOrigin + "\r\n", 431},
      {"POST /upload HTTP/1.1\r\nHost: x\r\n" + kOrigin + "Transfer-Encoding: gzip\r\n\r\n", 501}};
  for (const auto& [head, status] : refused) {
    CAPTURE(head.substr(0, 200));
    auto client = server.Connect();
    CheckBearsAll(client.Exchange(head), status);
    CHECK(client.ClosedByServer());
  }
}

TEST_CASE("Server: a head that comes too slowly is answered to its origin (H8, H23)") {
  auto options = TestServer::Loopback();
  options.header_timeout = std::chrono::milliseconds(50);
  TestServer server(options);
  auto client = server.Connect();
  client.Send("GET /hello HTTP/1.1\r\n" + kOrigin + "Host");
  CheckBearsAll(client.ReceiveResponse(), 408);
}

TEST_CASE("Server: over the limit of connections, a head that is there names its origin (H23)") {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::atomic<int> refusals{0};
  SystemClock clock;
  test::RecordingLogger logger;
  auto options = TestServer::Loopback();
  options.max_connections = 1;
  options.header_timeout = std::chrono::milliseconds(100);  // how long the silent one is waited for
  std::atomic<bool> busy{false};
  Router router;
  router.Add("GET", "/hold", [&](Request&) {
    busy = true;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
    return Response{};
  });
  ServerHooks hooks;
  hooks.finish = [](const RequestInfo& info, Response& response) {
    response.headers.Set("X-Seen-Origin", std::string(info.headers.Get("Origin").value_or("")));
  };
  // The loop's own thread turns away, so that this holds it until the next client has sent its
  // head.
  hooks.on_finished = [&](const AccessRecord& record) {
    if (record.status != 503) return;
    ++refusals;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
  };
  Server server(options, router, hooks, clock, logger);
  REQUIRE(server.Start().has_value());
  test::RawClient held(server.port());
  held.Send(Get("/hold"));
  REQUIRE(TestServer::Eventually([&] { return busy.load(); }));
  test::RawClient silent(server.port());
  REQUIRE(TestServer::Eventually([&] { return refusals == 1; }));
  test::RawClient client(server.port());
  client.Send(Get("/hello", kOrigin));
  {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  const auto refused = client.ReceiveResponse();
  CHECK(refused.status == 503);
  CHECK(refused.Field("X-Seen-Origin") == "https://site.example");
  CHECK(silent.ReceiveResponse().status == 503);
}

TEST_CASE("Server: limits of the head are the options', to the byte and the field") {
  auto options = TestServer::Loopback();
  options.max_head_bytes = 5'000;
  options.max_head_fields = 20;
  options.max_target_bytes = 300;
  TestServer server(options);
  const auto status = [&](const std::string& head) {
    auto client = server.Connect();
    return client.Exchange(head).status;
  };
  const std::string bare = Get("/hello", "X: \r\n");
  CHECK(status(Get("/hello", "X: " + std::string(5'000 - bare.size(), 'y') + "\r\n")) == 200);
  CHECK(status(Get("/hello", "X: " + std::string(5'001 - bare.size(), 'y') + "\r\n")) == 431);
  std::string fields;
  for (int i = 0; i < 19; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  CHECK(status(Get("/hello", fields)) == 200);
  CHECK(status(Get("/hello", fields + "Y: z\r\n")) == 431);
  CHECK(status(Get("/hello?" + std::string(300 - 7, 'q'))) == 200);
  CHECK(status(Get("/hello?" + std::string(300 - 6, 'q'))) == 431);
}

TEST_CASE("Server: a kept connection says for how long, a little less than it is kept") {
  const auto hint = [](std::chrono::milliseconds timeout) {
    auto options = TestServer::Loopback();
    options.keep_alive_timeout = timeout;
    TestServer server(options);
    auto client = server.Connect();
    return client.Exchange(Get("/hello")).Field("Keep-Alive");
  };
  CHECK(hint(std::chrono::minutes(2)) == "timeout=115");
  CHECK(hint(std::chrono::minutes(60)) == "timeout=3595");
  CHECK(hint(std::chrono::seconds(10)) == "timeout=9");
  CHECK(hint(std::chrono::seconds(5)) == "timeout=4");
  CHECK(hint(std::chrono::milliseconds(1'500)) == "timeout=1");
  CHECK_FALSE(hint(std::chrono::milliseconds(1'499)));  // 0 means "for ever" to some
  CHECK_FALSE(hint(std::chrono::milliseconds(100)));

  TestServer server;
  auto client = server.Connect();
  const std::string old = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  CHECK(client.Exchange(old).Field("Keep-Alive") == "timeout=115");
  CHECK(client.Exchange(Get("/nowhere")).Field("Keep-Alive") == "timeout=115");
  CHECK_FALSE(client.Exchange(Get("/hello", "Connection: close\r\n")).Field("Keep-Alive"));
}

}  // namespace
}  // namespace vcache::http
