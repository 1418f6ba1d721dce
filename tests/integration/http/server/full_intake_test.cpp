// A route that takes a body at its own pace, and one whose body may have any length.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "integration/http/server/server_fixture.h"

using namespace vcache;
using namespace vcache::http;
using std::chrono::milliseconds;

namespace {

/// Counts a body, and is full after each `portion` until the test empties it.
class Reservoir {
 public:
  explicit Reservoir(std::size_t portion) : portion_(portion) {}

  Route MakeRoute() {
    return [this](Request&) -> RouteResult { return std::make_unique<Filling>(*this); };
  }
  /// Has the intake taken a portion, and is the server parked?
  bool AwaitFull() {
    return TestServer::Eventually([&] {
      const std::lock_guard lock(mutex_);
      return told_ != nullptr;
    });
  }
  void Empty() {
    std::function<void()> told;
    {
      const std::lock_guard lock(mutex_);
      held_ = 0;
      told = std::exchange(told_, nullptr);
    }
    if (told) told();
  }
  void NeverFull() {
    {
      const std::lock_guard lock(mutex_);
      portion_ = SIZE_MAX;
    }
    Empty();
  }
  std::size_t taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  std::size_t living() {
    const std::lock_guard lock(mutex_);
    return living_;
  }

 private:
  struct Filling final : Intake {
    explicit Filling(Reservoir& of) : all(of) {
      const std::lock_guard lock(all.mutex_);
      ++all.living_;
    }
    ~Filling() override {
      const std::lock_guard lock(all.mutex_);
      --all.living_;
    }
    Result<void> Take(ByteView piece) override {
      const std::lock_guard lock(all.mutex_);
      all.held_ += piece.size();
      all.taken_ += piece.size();
      return {};
    }
    bool IsFull() override {
      const std::lock_guard lock(all.mutex_);
      return all.held_ >= all.portion_;
    }
    void WhenRoom(std::function<void()> told) override {
      const std::lock_guard lock(all.mutex_);
      all.told_ = std::move(told);
    }
    void Complete(std::shared_ptr<Responder> responder) override {
      responder->Answer([taken = all.taken()] {
        return Response{
            .status = 200, .headers = {}, .body = std::to_string(taken), .log_outcome = {}};
      });
    }
    Reservoir& all;
  };

  std::mutex mutex_;
  std::size_t portion_;         // guarded by mutex_
  std::size_t held_ = 0;        // guarded by mutex_
  std::size_t taken_ = 0;       // guarded by mutex_
  std::size_t living_ = 0;      // guarded by mutex_
  std::function<void()> told_;  // guarded by mutex_
};

constexpr std::size_t kPortion = 256 * 1024;
constexpr std::size_t kOneRead = 128 * 1024;
constexpr std::size_t kBody = 16 * 1024 * 1024;

struct FullServer {
  explicit FullServer(ServerOptions options = Small())
      : server(std::move(options), [this](Router& router) {
          router.AddLongRoute("POST", "/fill", reservoir.MakeRoute());
        }) {}

  static ServerOptions Small() {
    ServerOptions options = TestServer::Loopback();
    options.max_body_bytes = 1024 * 1024;
    return options;
  }
  static std::string Head(const std::string& path) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kBody) +
           "\r\n\r\n";
  }

  Reservoir reservoir{kPortion};
  TestServer server;
};

}  // namespace

TEST_CASE("Intake: while it is full, nothing more is taken, and the client waits") {
  FullServer bench;
  auto client = bench.server.Connect();
  std::thread sender([&] {
    client.Send(FullServer::Head("/fill"));
    client.Send(std::string(kBody, 'x'));
  });
  for (std::size_t rounds = 1; rounds <= 8; ++rounds) {
    CAPTURE(rounds);
    REQUIRE(bench.reservoir.AwaitFull());
    CHECK(bench.reservoir.taken() >= rounds * kPortion);
    CHECK(bench.reservoir.taken() <= rounds * (kPortion + kOneRead));
    // Others are served meanwhile.
    CHECK(bench.server.Connect().Exchange(Get("/hello")).status == 200);
    bench.reservoir.Empty();
  }
  REQUIRE(bench.reservoir.AwaitFull());
  bench.reservoir.NeverFull();
  sender.join();
  CHECK(client.ReceiveResponse().body == std::to_string(kBody));
}

TEST_CASE("Intake: only a long route takes a body above the server's limit") {
  FullServer bench;
  bench.reservoir.NeverFull();
  auto client = bench.server.Connect();
  CHECK(client.Exchange(FullServer::Head("/upload")).status == 413);
  auto chunked = bench.server.Connect();
  chunked.Send("POST /fill HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 32; ++i) chunked.Send("10000\r\n" + std::string(65'536, 'x') + "\r\n");
  chunked.Send("0\r\n\r\n");
  CHECK(chunked.ReceiveResponse().body == std::to_string(32 * 65'536));
}

TEST_CASE("Intake: a client that breaks off while it is full is noticed") {
  FullServer bench;
  auto client = bench.server.Connect();
  std::thread sender([&] {
    client.Send(FullServer::Head("/fill"));
    client.Send(std::string(kPortion + 2 * kOneRead, 'x'));
  });
  REQUIRE(bench.reservoir.AwaitFull());
  sender.join();
  client.Reset();
  CHECK(TestServer::Eventually([&] { return bench.reservoir.living() == 0; }));
}

TEST_CASE("Intake: one that stays full does not hold up a stop for longer than its grace") {
  FullServer bench;
  auto client = bench.server.Connect();
  std::thread sender([&] {
    client.Send(FullServer::Head("/fill"));
    client.Send(std::string(kPortion + 2 * kOneRead, 'x'));
  });
  REQUIRE(bench.reservoir.AwaitFull());
  sender.join();
  bench.server.server().Stop(milliseconds(50));
  CHECK(bench.reservoir.living() == 0);
}
