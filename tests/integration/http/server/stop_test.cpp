#include <doctest/doctest.h>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};

/// A handler that says when it was entered and answers when it is told to.
struct Slow {
  std::latch entered{1};
  std::latch leave{1};

  void AddTo(Router& router) {
    router.Add("GET", "/slow", [this](Request&) {
      entered.count_down();
      leave.wait();
      return Response{.status = 200, .headers = {}, .body = "done", .log_outcome = {}};
    });
  }
};

TEST_CASE("Server: stopping closes idle connections at once (rule H22)") {
  TestServer server;
  auto silent = server.Connect();
  auto kept = server.Connect();
  CHECK(kept.Exchange(Get("/hello")).status == 200);
  server.server().Stop(kLong);  // would run into the test's time limit if it waited for them
  CHECK(kept.ClosedByServer());
  CHECK(silent.ClosedByServer());
  CHECK_THROWS(server.Connect());
}

TEST_CASE("Server: stopping lets a request in progress finish, and says so (rule H22)") {
  Slow slow;
  TestServer server(TestServer::Loopback(), [&](Router& router) { slow.AddTo(router); });
  auto client = server.Connect();
  client.Send(Get("/slow"));
  slow.entered.wait();
  std::thread stopper([&] { server.server().Stop(kLong); });
  CHECK(server.server().Wait().has_value());
  slow.leave.count_down();
  const auto response = client.ReceiveResponse();
  CHECK(response.body == "done");
  CHECK(response.Field("Connection") == "close");
  client.Close();
  stopper.join();
}

TEST_CASE("Server: stopping closes connections that have sent no whole head (rule H22)") {
  TestServer server;
  auto first = server.Connect();
  first.Send("GET /hello HTTP/1.1\r\nHo");
  auto next = server.Connect();
  next.Exchange(Get("/hello"));
  next.Send("G");
  // The loop has that much when it has served somebody who came later.
  auto other = server.Connect();
  other.Exchange(Get("/hello"));
  server.server().Stop(kLong);  // would run into the test's time limit if it waited for them
  CHECK(first.ClosedByServer());
  CHECK(next.ClosedByServer());
}

TEST_CASE("Server: after Drain each answer closes its connection, and all goes on (rule H22)") {
  TestServer server;
  auto kept = server.Connect();
  CHECK(kept.Exchange(Get("/hello")).Field("Connection") == "keep-alive");
  server.server().Drain();
  const auto last = kept.Exchange(Get("/hello"));
  CHECK(last.status == 200);
  CHECK(last.Field("Connection") == "close");
  CHECK_FALSE(last.Field("Keep-Alive"));
  CHECK(kept.ClosedByServer());
  auto later = server.Connect();
  CHECK(later.Exchange(Post("/upload", "hello")).status == 200);
}

TEST_CASE("Server: who has connected before the stop is served, though nothing came yet (H22)") {
  TestServer server;
  auto quiet = server.Connect();
  auto other = server.Connect();
  other.Exchange(Get("/hello"));  // the loop has both
  server.server().StopAccepting(milliseconds(0));
  const auto response = quiet.Exchange(Get("/hello"));
  CHECK(response.status == 200);
  CHECK(response.Field("Connection") == "close");
}

TEST_CASE("Server: who waits to be accepted at the stop is served (rule H22)") {
  std::latch held{1};
  std::latch leave{1};
  Router router;
  router.AddUrgent("/held", [&](Request&) {  // holds the loop's thread
    held.count_down();
    leave.wait();
    return Response{};
  });
  router.Add("POST", "/late", [](Request&) { return Response{}; });
  SystemClock clock;
  test::RecordingLogger logger;
  Server server(TestServer::Loopback(), router, {}, clock, logger);
  REQUIRE(server.Start().has_value());
  test::RawClient holder(server.port());
  holder.Send(Get("/held"));
  held.wait();
  test::RawClient late(server.port());  // the kernel has accepted it, and we have not
  late.Send(Post("/late", "hello"));
  server.StopAccepting(milliseconds(0));
  leave.count_down();
  CHECK(late.ReceiveResponse().status == 200);
  CHECK(holder.ReceiveResponse().status == 200);
  server.Stop(kLong);
}

TEST_CASE("Server: stopping refuses a body that stalls, and takes one that arrives (rule H22)") {
  TestServer server;
  std::vector<test::RawClient> stalled;
  for (const char* head :
       {"Content-Length: 1000\r\n\r\nsome", "Content-Length: 1000\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nso", "Transfer-Encoding: chunked\r\n\r\n",
        "Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n"}) {
    stalled.push_back(server.Connect());
    stalled.back().Send("POST /upload HTTP/1.1\r\nHost: x\r\n" + std::string(head));
  }
  auto arriving = server.Connect();
  arriving.Send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n");
  REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 6; }));
  std::thread stopper([&] { server.server().Stop(kLong); });
  CHECK(server.server().Wait().has_value());
  for (int i = 0; i < 30; ++i) {  // 1.5 s, longer than a stalled body may take
    arriving.Send("x");
    std::this_thread::sleep_for(milliseconds(50));
  }
  const auto response = arriving.ReceiveResponse();
  CHECK(response.status == 200);
  CHECK(response.body == std::string(30, 'x'));
  CHECK(response.Field("Connection") == "close");
  arriving.Close();
  stopper.join();  // would run into the test's time limit if it waited for them
  for (auto& client : stalled) {
    const std::string answer = client.ReceiveAll();
    CAPTURE(answer);
    CHECK(answer.find("HTTP/1.1 503 ") != std::string::npos);
  }
}

TEST_CASE("Server: stopping does not wait for clients that keep what was answered (rule H22)") {
  ServerOptions options = TestServer::Loopback();
  options.linger_time = kLong;
  TestServer server(options);
  auto client = server.Connect();
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(client.ReceiveResponse().status == 200);
  server.server().Stop(kLong);  // would run into the test's time limit if it waited for it
  CHECK(client.ClosedByServer());
}

TEST_CASE("Server: after the grace a slow upload is cut, not waited for (rule H22)") {
  TestServer server;
  auto upload = server.Connect();
  upload.Send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nsome");
  auto head = server.Connect();
  head.Send("GET /he");
  REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 1; }));
  server.server().Stop(milliseconds(50));
  REQUIRE(server.accesses().size() == 1);
  CHECK(server.accesses().back().client_gone);
  CHECK(upload.ClosedByServer());
  CHECK(head.ClosedByServer());
}

TEST_CASE("Server: stopping under load loses no socket and no thread (rule H22)") {
  const std::size_t descriptors = CountOwn("fd");
  const std::size_t threads = CountOwn("task");
  {
    TestServer server;
    std::atomic<bool> over{false};
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        try {
          while (!over) {
            auto client = server.Connect();
            for (int k = 0; k < 5; ++k) {
              if (client.Exchange(Post("/upload", "hello")).Field("Connection") == "close") break;
            }
          }
        } catch (const std::runtime_error&) {
          // Refused or closed: the server is stopping.
        }
      });
    }
    REQUIRE(TestServer::Eventually([&] { return server.accesses().size() > 100; }));
    server.server().Stop(milliseconds(5'000));
    over = true;
    for (auto& client : clients) client.join();
  }
  CHECK(CountOwn("fd") == descriptors);
  CHECK(TestServer::Eventually([&] { return CountOwn("task") == threads; }));
}

TEST_CASE("Server: may be stopped twice, from two threads, before the start and not at all") {
  SystemClock clock;
  {
    Server never_started(TestServer::Loopback(), Router(), {}, clock, NullLogger());
    never_started.Stop(kLong);
    CHECK_FALSE(never_started.Start().has_value());
  }
  TestServer server;
  std::thread other([&] { server.server().Stop(kLong); });
  server.server().Stop(kLong);
  other.join();
  server.server().Stop(kLong);
  CHECK(server.server().Wait().has_value());
  { TestServer not_stopped; }
}

}  // namespace
}  // namespace vcache::http
