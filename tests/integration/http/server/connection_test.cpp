#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>

#include <map>

#include "integration/http/server/server_fixture.h"

namespace vcache::http {
namespace {

using std::chrono::milliseconds;

/// Holds requests to `/hold` until it is released.
class Gate {
 public:
  void AddTo(Router& router) {
    router.Add("GET", "/hold", [this](Request&) {
      ++inside_;
      std::unique_lock lock(mutex_);
      condition_.wait(lock, [this] { return open_; });
      return Response{};
    });
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    condition_.notify_all();
  }
  int inside() const { return inside_; }

 private:
  std::atomic<int> inside_{0};
  std::mutex mutex_;
  std::condition_variable condition_;
  bool open_ = false;  // guarded by mutex_
};

int ListenerOf(const Server& server) {
  for (int fd = 0; fd < 4096; ++fd) {
    sockaddr_in local{};
    socklen_t size = sizeof local;
    int listening = 0;
    socklen_t option_size = sizeof listening;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0 &&
        ntohs(local.sin_port) == server.port() &&
        ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &option_size) == 0 && listening) {
      return fd;
    }
  }
  return -1;
}

TEST_CASE("Server: a thousand idle connections hold no thread and delay nobody (rule H9)") {
  TestServer server;
  auto first = server.Connect();
  first.Exchange(Get("/hello"));
  const std::size_t threads = CountOwn("task");
  std::vector<test::RawClient> idle;
  for (int i = 0; i < 1000; ++i) idle.push_back(server.Connect());
  CHECK(first.Exchange(Get("/hello")).body == "hello");
  CHECK(CountOwn("task") == threads);
  // Each of them is alive and is served when it says something.
  for (std::size_t i = 0; i < idle.size(); i += 100) {
    CHECK(idle[i].Exchange(Get("/hello")).body == "hello");
  }
}

TEST_CASE("Server: connections that stop within their head block nobody (rules H8 and H9)") {
  auto options = TestServer::Loopback();
  options.worker_threads = 2;
  options.max_queued_requests = 2;
  TestServer server(options);
  std::vector<test::RawClient> slow;
  for (int i = 0; i < 64; ++i) {
    slow.push_back(server.Connect());
    slow.back().Send("GET /hello HTTP/1.1\r\nHo");
  }
  auto client = server.Connect();
  for (int i = 0; i < 10; ++i) CHECK(client.Exchange(Get("/hello")).body == "hello");
  CHECK(slow.front().Exchange("st: x\r\n\r\n").body == "hello");
}

TEST_CASE("Server: a head has one deadline, however often a byte comes (rule H8)") {
  auto options = TestServer::Loopback();
  options.header_timeout = milliseconds(150);
  TestServer server(options);
  auto client = server.Connect();
  client.Send("GET /hello HTTP/1.1\r\nX: ");
  while (!client.Readable(milliseconds(10)) && client.Send("y")) {
  }
  const auto response = client.ReceiveResponse();
  CHECK(response.status == 408);
  CHECK(client.ClosedByServer());
  // The second head of a connection has a deadline of its own.
  auto second = server.Connect();
  CHECK(second.Exchange(Get("/hello")).status == 200);
  second.Send("GET ");
  CHECK(second.ReceiveResponse().status == 408);
}

TEST_CASE("Server: a late head that waits for a worker is left alone until it is answered (H8)") {
  auto options = TestServer::Loopback();
  options.header_timeout = milliseconds(20);
  options.worker_threads = 1;
  Gate gate;
  TestServer server(options, [&](Router& router) { gate.AddTo(router); });
  auto busy = server.Connect();
  busy.Send(Get("/hold"));
  REQUIRE(TestServer::Eventually([&] { return gate.inside() == 1; }));
  auto late = server.Connect();
  late.Send("GET ");
  CHECK_FALSE(late.Readable(milliseconds(200)));  // its time is over, it is in the queue
  late.Send("/");
  late.ShutdownWrite();
  CHECK_FALSE(late.Readable(milliseconds(100)));  // neither the byte nor the end takes it out
  gate.Open();
  CHECK(late.ReceiveResponse().status == 408);
}

TEST_CASE(
    "Server: an idle connection is closed after the keep-alive timeout, without a word (H9)") {
  auto options = TestServer::Loopback();
  options.keep_alive_timeout = milliseconds(100);
  TestServer server(options);
  auto silent = server.Connect();
  auto kept = server.Connect();
  CHECK(kept.Exchange(Get("/hello")).status == 200);
  CHECK(kept.ReceiveAll().empty());
  CHECK(silent.ReceiveAll().empty());
}

TEST_CASE("Server: many more requests on one connection than the library would allow (rule H9)") {
  TestServer server;
  auto client = server.Connect();
  for (int i = 0; i < 200; ++i) REQUIRE(client.Exchange(Get("/hello")).body == "hello");
}

TEST_CASE("Server: a full queue is answered 503 with Retry-After and leaks nothing (rule H10)") {
  auto options = TestServer::Loopback();
  options.worker_threads = 2;
  options.max_queued_requests = 3;
  Gate gate;
  TestServer server(options, [&](Router& router) { gate.AddTo(router); });
  const std::size_t descriptors = CountOwn("fd");
  std::vector<test::RawClient> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(server.Connect());
    busy.back().Send(Get("/hold"));
    REQUIRE(TestServer::Eventually([&] { return gate.inside() == i + 1; }));
  }
  std::vector<test::RawClient> others;
  for (int i = 0; i < 10; ++i) {
    others.push_back(server.Connect());
    others.back().Send(Get("/hello"));
  }
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 7; }));
  gate.Open();
  std::map<int, int> statuses;
  for (auto& client : others) {
    const auto response = client.ReceiveResponse();
    ++statuses[response.status];
    if (response.status != 503) continue;
    CHECK(response.Field("Retry-After") == "1");
    CHECK(response.Field("Connection") == "close");
    CHECK(response.Field("X-Request-Id")->size() == 32);
    CHECK(response.body.find("\"overloaded\"") != std::string::npos);
    CHECK(client.ReceiveAll().empty());
  }
  CHECK(statuses == std::map<int, int>{{200, 3}, {503, 7}});
  for (auto& client : busy) CHECK(client.ReceiveResponse().status == 200);
  busy.clear();
  others.clear();
  CHECK(TestServer::Eventually([&] { return CountOwn("fd") == descriptors; }));
}

TEST_CASE("Server: connections over the limits get a short 503; places become free again") {
  for (const bool per_address : {false, true}) {
    auto options = TestServer::Loopback();
    (per_address ? options.max_connections_per_address : options.max_connections) = 3;
    TestServer server(options);
    std::vector<test::RawClient> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(server.Connect());
      // In the middle of a request: an idle connection would make room.
      clients.back().Send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
    }
    REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 3; }));
    auto extra = server.Connect();
    const auto response = extra.ReceiveResponse();
    CHECK(response.status == 503);
    CHECK(extra.ReceiveAll().empty());
    clients.pop_back();
    CHECK(TestServer::Eventually([&] {
      auto next = server.Connect();
      next.Send(Get("/hello"));
      return next.ReceiveResponse().status == 200;
    }));
  }
}

TEST_CASE("Server: a port that is taken is an error that names the address (rule H19)") {
  TestServer first;
  auto options = TestServer::Loopback();
  options.port = first.port();
  SystemClock clock;
  Server second(options, Router(), {}, clock, NullLogger());
  const auto started = second.Start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().code == ErrorCode::kBadConfiguration);
  CHECK(started.error().message.find("127.0.0.1 port " + std::to_string(first.port())) !=
        std::string::npos);
}

TEST_CASE("Server: names, IPv6 and addresses that are not ours") {
  SystemClock clock;
  auto options = TestServer::Loopback();
  options.host = "localhost";
  Server named(options, Router(), {}, clock, NullLogger());
  CHECK(named.Start().has_value());
  CHECK(named.port() != 0);
  options.host = "::";
  Server both(options, Router(), {}, clock, NullLogger());
  if (both.Start().has_value()) {  // not on a machine without IPv6
    test::RawClient over_ipv4(both.port());
    CHECK(over_ipv4.Exchange(Get("/x")).status == 404);
  }
  for (const std::string& host : std::vector<std::string>{"192.0.2.1", "no.such.host.invalid"}) {
    options.host = host;
    Server foreign(options, Router(), {}, clock, NullLogger());
    const auto started = foreign.Start();
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().code == ErrorCode::kBadConfiguration);
  }
}

TEST_CASE("Server: the kernel holds far more new connections than five (rule H20)") {
  TestServer server;
  // While nobody accepts, the second number of the listener's queue is the backlog.
  tcp_info info{};
  socklen_t size = sizeof info;
  const int listener = ListenerOf(server.server());
  REQUIRE(listener >= 0);
  REQUIRE(::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
  CHECK(info.tcpi_sacked >= 128);  // of a listening socket: its backlog, cut to somaxconn
}

TEST_CASE("Server: a listener that dies ends the wait with an error (rule H21)") {
  TestServer server;
  auto connected = server.Connect();
  CHECK(connected.Exchange(Get("/hello")).status == 200);
  const int listener = ListenerOf(server.server());
  REQUIRE(listener >= 0);
  ::shutdown(listener, SHUT_RDWR);
  const auto ended = server.server().Wait();
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().code == ErrorCode::kIo);
  // Who is connected is still served until the stop.
  CHECK(connected.Exchange(Get("/hello")).status == 200);
}

TEST_CASE("Server: lives through a moment without descriptors (rule H21)") {
  TestServer server;
  auto before = server.Connect();
  CHECK(before.Exchange(Get("/hello")).status == 200);
  // Sockets made now, connected when no descriptor is left for the other end.
  std::vector<int> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::vector<int> hoard;
  rlimit old_limit{};
  ::getrlimit(RLIMIT_NOFILE, &old_limit);
  const rlimit low{std::min<rlim_t>(old_limit.rlim_cur, 256), old_limit.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) hoard.push_back(fd);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (const int fd : waiting) {
    CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    pollfd entry{fd, POLLIN, 0};
    CHECK(::poll(&entry, 1, 10'000) == 1);  // turned away, in place of left hanging
  }
  CHECK(before.Exchange(Get("/hello")).status == 200);
  for (const int fd : hoard) ::close(fd);
  for (const int fd : waiting) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &old_limit);
  auto after = server.Connect();
  CHECK(after.Exchange(Get("/hello")).status == 200);
}

TEST_CASE("Server: a route learns that its client has left (rule H25)") {
  std::latch entered(1);
  std::atomic<bool> gone{false};
  /// Answers when its client has left.
  struct Watching final : Intake {
    Watching(std::latch& was_entered, std::atomic<bool>& has_left)
        : entered(was_entered), gone(has_left) {}
    Result<void> Take(ByteView) override { return {}; }
    void Complete(std::shared_ptr<Responder> responder) override {
      responder->OnClientGone([this, responder] {
        gone = true;
        responder->Answer([] { return Response{}; });
      });
      entered.count_down();
    }
    std::latch& entered;
    std::atomic<bool>& gone;
  };
  TestServer server(TestServer::Loopback(), [&](Router& router) {
    router.AddRoute("GET", "/watch", [&](Request&) -> RouteResult {
      return std::make_unique<Watching>(entered, gone);
    });
  });
  auto client = server.Connect();
  client.Send(Get("/watch"));
  entered.wait();
  CHECK_FALSE(gone);
  client.Close();
  CHECK(TestServer::Eventually([&] { return gone.load(); }));
}

TEST_CASE("Server: workers have stacks of 8 MiB whatever the system's default (rule H11)") {
  std::size_t stack = 0;
  TestServer server(TestServer::Loopback(), [&](Router& router) {
    router.Add("GET", "/stack", [&](Request&) {
      pthread_attr_t attributes;
      REQUIRE(pthread_getattr_np(pthread_self(), &attributes) == 0);
      pthread_attr_getstacksize(&attributes, &stack);
      pthread_attr_destroy(&attributes);
      return Response{};
    });
  });
  auto client = server.Connect();
  CHECK(client.Exchange(Get("/stack")).status == 200);
  CHECK(stack >= 8U * 1024 * 1024);
}

}  // namespace
}  // namespace vcache::http
