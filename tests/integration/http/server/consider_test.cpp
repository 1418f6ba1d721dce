// A client that waits to be asked for its body, and a route that may answer without it.
#include <doctest/doctest.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "integration/http/server/server_fixture.h"

using namespace vcache;
using namespace vcache::http;

namespace {

/// Lets the test decide whether the body is wanted; answers with it if it is.
class Choosy {
 public:
  Route MakeRoute() {
    return [this](Request&) -> RouteResult { return std::make_unique<Considering>(*this); };
  }
  std::shared_ptr<Responder> Take() {
    REQUIRE(TestServer::Eventually([&] {
      const std::lock_guard lock(mutex_);
      return !responders_.empty();
    }));
    const std::lock_guard lock(mutex_);
    auto taken = std::move(responders_.back());
    responders_.pop_back();
    return taken;
  }
  bool IsAsked() {
    const std::lock_guard lock(mutex_);
    return !responders_.empty();
  }

 private:
  struct Considering final : Intake {
    explicit Considering(Choosy& of) : choosy(of) {}
    void Consider(std::shared_ptr<Responder> responder) override {
      const std::lock_guard lock(choosy.mutex_);
      choosy.responders_.push_back(std::move(responder));
    }
    Result<void> Take(ByteView piece) override {
      body += AsText(piece);
      return {};
    }
    void Complete(std::shared_ptr<Responder> responder) override {
      responder->Answer([this] {
        return Response{.status = 200, .headers = {}, .body = body, .log_outcome = {}};
      });
    }
    Choosy& choosy;
    std::string body;
  };

  std::mutex mutex_;
  std::vector<std::shared_ptr<Responder>> responders_;  // guarded by mutex_
};

struct ChoosyServer {
  Choosy choosy;
  TestServer server{TestServer::Loopback(), [this](Router& router) {
                      router.AddRoute("POST", "/choosy", choosy.MakeRoute());
                    }};
};

const std::string kWaiting =
    "POST /choosy HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

Response Early() {
  return {.status = 200, .headers = {}, .body = "early", .log_outcome = {}};
}

}  // namespace

TEST_CASE(
    "Consider: an answer spares the body, which is never asked for, and ends the connection") {
  ChoosyServer bench;
  auto client = bench.server.Connect();
  client.Send(kWaiting);
  bench.choosy.Take()->Answer(Early);
  const auto answer = client.ReceiveResponse();
  CHECK(answer.status == 200);  // and no 100 before it
  CHECK(answer.body == "early");
  CHECK(answer.Field("Connection") == "close");
  CHECK(client.ClosedByServer());
}

TEST_CASE("Consider: without an answer the client is asked, and the connection goes on") {
  ChoosyServer bench;
  auto client = bench.server.Connect();
  for (int i = 0; i < 3; ++i) {
    client.Send(kWaiting);
    bench.choosy.Take().reset();
    CHECK(client.ReceiveResponse().head == "HTTP/1.1 100 Continue\r\n\r\n");
    client.Send("hello");
    const auto answer = client.ReceiveResponse();
    CHECK(answer.body == "hello");
    CHECK(answer.Field("Connection") == "keep-alive");
  }
}

TEST_CASE("Consider: a client that stops waiting and sends its body gets it taken") {
  ChoosyServer bench;
  auto client = bench.server.Connect();
  client.Send(kWaiting);
  auto responder = bench.choosy.Take();
  client.Send("hello");
  responder.reset();
  auto answer = client.ReceiveResponse();
  if (answer.status == 100) answer = client.ReceiveResponse();
  CHECK(answer.body == "hello");
  CHECK(client.Exchange(Get("/hello")).body == "hello");
}

TEST_CASE("Consider: a body that is sent and not taken is no part of the next request") {
  ChoosyServer bench;
  auto client = bench.server.Connect();
  client.Send(kWaiting);
  auto responder = bench.choosy.Take();
  client.Send("hello" + Get("/hello"));
  responder->Answer(Early);
  CHECK(client.ReceiveResponse().Field("Connection") == "close");
  CHECK(client.ReceiveAll().empty());
  CHECK(bench.server.handled().empty());
}

TEST_CASE("Consider: a client that sends at once is not made to wait") {
  ChoosyServer bench;
  auto client = bench.server.Connect();
  client.Send(kWaiting + "hello");
  CHECK(client.ReceiveResponse().body == "hello");
  CHECK_FALSE(bench.choosy.IsAsked());
  CHECK(client.Exchange(Post("/choosy", "world")).body == "world");
  CHECK_FALSE(bench.choosy.IsAsked());
}

TEST_CASE("Consider: a client that leaves meanwhile is told of, and the route may still decide") {
  ChoosyServer bench;
  auto client = bench.server.Connect();
  client.Send(kWaiting);
  auto responder = bench.choosy.Take();
  std::atomic<bool> gone{false};
  responder->OnClientGone([&] { gone = true; });
  client.Close();
  CHECK(TestServer::Eventually([&] { return gone.load(); }));
  responder.reset();
  CHECK(TestServer::Eventually([&] { return bench.server.accesses().size() == 1; }));
  CHECK(bench.server.accesses().front().client_gone);
}
