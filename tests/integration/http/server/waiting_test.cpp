// What waits holds no worker: bodies, answers, routes.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "integration/http/server/server_fixture.h"

using namespace vcache;
using namespace vcache::http;
using std::chrono::milliseconds;

namespace {

ServerOptions OneWorker() {
  ServerOptions options = TestServer::Loopback();
  options.worker_threads = 1;
  return options;
}

Response Text(std::string body) {
  return {.status = 200, .headers = {}, .body = std::move(body), .log_outcome = {}};
}

/// Routes whose answers the test gives.
class Deferred {
 public:
  Route MakeRoute() {
    return [this](Request&) -> RouteResult { return std::make_unique<Waiting>(*this); };
  }
  /// Waits until `count` requests wait, and takes their responders.
  std::vector<std::shared_ptr<Responder>> Take(std::size_t count) {
    REQUIRE(TestServer::Eventually([&] {
      const std::lock_guard lock(mutex_);
      return responders_.size() == count;
    }));
    const std::lock_guard lock(mutex_);
    return std::exchange(responders_, {});
  }

 private:
  struct Waiting final : Intake {
    explicit Waiting(Deferred& of) : deferred(of) {}
    Result<void> Take(ByteView) override { return {}; }
    void Complete(std::shared_ptr<Responder> responder) override {
      const std::lock_guard lock(deferred.mutex_);
      deferred.responders_.push_back(std::move(responder));
    }
    Deferred& deferred;
  };

  std::mutex mutex_;
  std::vector<std::shared_ptr<Responder>> responders_;  // guarded by mutex_
};

std::function<void(Router&)> With(Deferred& deferred) {
  return [&](Router& router) { router.AddRoute("GET", "/deferred", deferred.MakeRoute()); };
}

}  // namespace

TEST_CASE("Server: bodies that trickle hold no worker, and are taken whole when they are there") {
  TestServer server(OneWorker());
  std::vector<test::RawClient> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(server.Connect());
    slow.back().Send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ");
  }
  REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 50; }));
  auto other = server.Connect();
  CHECK(other.Exchange(Get("/hello")).status == 200);
  for (auto& client : slow) client.Send("whole");
  for (auto& client : slow) CHECK(client.ReceiveResponse().body == "half whole");
}

TEST_CASE("Server: while most connections are taken, the slowest bodies go first") {
  auto options = OneWorker();
  options.max_connections = 16;
  options.crowded_body_grace = milliseconds(300);
  TestServer server(options);
  const auto send_half = [&server] {
    auto client = server.Connect();
    client.Send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ");
    return client;
  };
  std::vector<test::RawClient> few;
  for (int i = 0; i < 12; ++i) few.push_back(send_half());
  REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 12; }));
  std::vector<test::RawClient> too_many;
  for (int i = 0; i < 3; ++i) too_many.push_back(send_half());
  CHECK(too_many.back().ReceiveResponse().status == 408);
  CHECK_FALSE(few.front().Readable(milliseconds(0)));  // parked while there was room
  few.front().Send("whole");
  CHECK(few.front().ReceiveResponse().status == 200);
}

TEST_CASE("Server: bodies that come in slowly go first while the room for bodies is short") {
  auto options = OneWorker();
  options.crowded_body_grace = milliseconds(200);
  TestServer server(options);
  auto early = server.Connect();
  early.Send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ");
  REQUIRE(TestServer::Eventually([&] { return server.handled().size() == 1; }));
  server.is_short_of_room = true;
  auto late = server.Connect();
  CHECK(
      late.Exchange("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ").status ==
      408);
  early.Send("whole");
  CHECK(early.ReceiveResponse().status == 200);
}

TEST_CASE("Server: answers that nobody reads hold no worker, and come whole when they are read") {
  const std::string large(16 * 1024 * 1024, 'x');
  TestServer server(OneWorker(), [&](Router& router) {
    router.Add("GET", "/large", [&](Request&) { return Text(large); });
  });
  std::vector<test::RawClient> lazy;
  for (int i = 0; i < 8; ++i) {
    lazy.push_back(server.Connect());
    lazy.back().Send(Get("/large") + Get("/hello"));
  }
  for (auto& client : lazy) REQUIRE(client.Readable(milliseconds(10'000)));
  auto other = server.Connect();
  CHECK(other.Exchange(Get("/hello")).status == 200);
  for (auto& client : lazy) {
    CHECK(client.ReceiveResponse().body == large);
    CHECK(client.ReceiveResponse().body == "hello");
  }
}

TEST_CASE("Server: a client that does not read its answer in time is cut") {
  auto options = OneWorker();
  options.write_timeout = milliseconds(100);
  options.body_min_bytes_per_second = 1'000'000'000;
  const std::string large(16 * 1024 * 1024, 'x');
  TestServer server(options, [&](Router& router) {
    router.Add("GET", "/large", [&](Request&) { return Text(large); });
  });
  auto client = server.Connect();
  client.Send(Get("/large"));
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 1; }));
  CHECK(server.accesses().front().client_gone);
  CHECK(server.accesses().front().bytes_out < large.size());
}

TEST_CASE("Responder: many requests wait for their answers without a thread") {
  Deferred deferred;
  TestServer server(OneWorker(), With(deferred));
  std::vector<test::RawClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(server.Connect());
    clients.back().Send(Get("/deferred"));
  }
  const auto responders = deferred.Take(200);
  const std::size_t threads = CountOwn("task");
  CHECK(threads < 10);
  auto other = server.Connect();
  CHECK(other.Exchange(Get("/hello")).status == 200);
  std::thread answering([&] {
    for (std::size_t i = 0; i < responders.size(); ++i) {
      responders[i]->Answer([] { return Text("late"); });
    }
  });
  for (auto& client : clients) CHECK(client.ReceiveResponse().body == "late");
  answering.join();
  for (auto& client : clients) CHECK(client.Exchange(Get("/hello")).body == "hello");
}

TEST_CASE("Responder: the first answer counts, and without one the client gets a 500") {
  Deferred deferred;
  TestServer server(OneWorker(), With(deferred));
  auto client = server.Connect();
  client.Send(Get("/deferred"));
  {
    const auto responder = std::move(deferred.Take(1).front());
    responder->Answer([] { return Text("first"); });
    responder->Answer([] { return Text("second"); });
  }
  CHECK(client.ReceiveResponse().body == "first");
  client.Send(Get("/deferred"));
  deferred.Take(1).clear();
  CHECK(client.ReceiveResponse().status == 500);
  client.Send(Get("/deferred"));
  deferred.Take(1).front()->Answer([]() -> Response { throw std::runtime_error("secret"); });
  const auto thrown = client.ReceiveResponse();
  CHECK(thrown.status == 500);
  CHECK(thrown.body.find("secret") == std::string::npos);
}

TEST_CASE("Responder: a route hears at once of a client that leaves, and only of that one") {
  Deferred deferred;
  TestServer server(OneWorker(), With(deferred));
  auto stays = server.Connect();
  auto leaves = server.Connect();
  stays.Send(Get("/deferred"));
  const auto staying = std::move(deferred.Take(1).front());
  leaves.Send(Get("/deferred"));
  auto leaving = std::move(deferred.Take(1).front());
  std::atomic<int> left{0};
  std::atomic<int> stayed{0};
  leaving->OnClientGone([&] { ++left; });
  staying->OnClientGone([&] { ++stayed; });
  leaves.Close();
  REQUIRE(TestServer::Eventually([&] { return left == 1; }));
  std::atomic<int> late{0};
  leaving->OnClientGone([&] { ++late; });
  CHECK(late == 1);  // it has left before: told at once
  leaving->Answer([] { return Text("nobody reads this"); });
  leaving.reset();
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 1; }));
  staying->Answer([] { return Text("read"); });
  CHECK(stays.ReceiveResponse().body == "read");
  stays.Close();
  CHECK(stayed == 0);
}

TEST_CASE("Server: stopping waits for answers under way, and cuts them after the grace") {
  Deferred deferred;
  TestServer server(OneWorker(), With(deferred));
  auto answered = server.Connect();
  auto cut = server.Connect();
  answered.Send(Get("/deferred"));
  cut.Send(Get("/deferred"));
  auto responders = deferred.Take(2);
  std::promise<void> told;
  for (const auto& responder : responders) {
    responder->OnClientGone([&told, responder] {
      responder->Answer([] { return Text("too late"); });
      told.set_value();
    });
  }
  std::thread stopper([&] { server.server().Stop(milliseconds(300)); });
  CHECK(server.server().Wait().has_value());
  responders[0]->Answer([] { return Text("in time"); });
  auto first = answered.Readable(milliseconds(100)) ? std::ref(answered) : std::ref(cut);
  CHECK(first.get().ReceiveResponse().body == "in time");
  responders.clear();
  told.get_future().wait();
  stopper.join();
}

TEST_CASE("Server: an urgent route is answered whatever the workers and their queue do") {
  std::latch held(1);
  std::latch release(1);
  auto options = OneWorker();
  options.max_queued_requests = 1;
  TestServer server(options, [&](Router& router) {
    router.AddUrgent("/health", [](Request&) { return Text("alive"); });
    router.Add("GET", "/hold", [&](Request&) {
      held.count_down();
      release.wait();
      return Text("held");
    });
  });
  auto busy = server.Connect();
  busy.Send(Get("/hold"));
  held.wait();
  auto queued = server.Connect();
  auto shed = server.Connect();
  queued.Send(Get("/hello"));
  shed.Send(Get("/hello"));
  // One of the two fills the queue.
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 1; }));
  CHECK(server.accesses().front().status == 503);
  auto urgent = server.Connect();
  for (const char* target : {"/health", "/health?x=1"}) {
    CHECK(urgent.Exchange(Get(target)).body == "alive");
  }
  urgent.Send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(urgent.ReceiveResponse(false).status == 200);
  CHECK(urgent.Exchange(Get("/healthy")).status == 503);
  release.count_down();
  CHECK(busy.ReceiveResponse().body == "held");
}

TEST_CASE("Server: in a full table the connection that was idle for longest makes room") {
  auto options = OneWorker();
  options.max_connections = 3;
  TestServer server(options);
  std::vector<test::RawClient> idle;
  for (int i = 0; i < 3; ++i) {
    idle.push_back(server.Connect());
    CHECK(idle.back().Exchange(Get("/hello")).status == 200);
  }
  CHECK(idle[0].Exchange(Get("/hello")).status == 200);  // idle for less time than the others now
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 4; }));
  auto another = server.Connect();
  CHECK(another.Exchange(Get("/hello")).status == 200);
  CHECK(idle[1].ClosedByServer());
  CHECK(idle[0].Exchange(Get("/hello")).status == 200);
}

TEST_CASE("Server: a connection that sends nothing gets the time of a head only") {
  auto options = OneWorker();
  options.header_timeout = milliseconds(100);
  options.keep_alive_timeout = milliseconds(60'000);
  TestServer server(options);
  auto served = server.Connect();
  CHECK(served.Exchange(Get("/hello")).status == 200);
  auto silent = server.Connect();
  CHECK(silent.ClosedByServer());
  CHECK(served.Exchange(Get("/hello")).status == 200);
}
