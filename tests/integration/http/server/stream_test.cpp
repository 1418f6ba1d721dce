// Answers whose bodies are made while they are sent.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "integration/http/server/server_fixture.h"

using namespace vcache;
using namespace vcache::http;
using std::chrono::milliseconds;
using Kind = BodyStream::Step::Kind;

namespace {

constexpr milliseconds kUnlimited{60'000};
constexpr std::size_t kPiece = 64 * 1024;

ServerOptions OneStreamWorker() {
  ServerOptions options = TestServer::Loopback();
  options.worker_threads = 1;
  return options;
}

/// What the streams of one route do, and what became of them.
struct Script {
  using Produce = std::function<BodyStream::Step(std::string& piece, bool stopping)>;

  /// Called once for each stream.
  std::function<Produce()> begin;
  std::atomic<int> opened{0};
  std::atomic<int> ended{0};

  /// Wakes every stream that was opened, also those that have ended.
  void WakeAll() {
    std::vector<std::function<void()>> all;
    {
      const std::lock_guard lock(mutex);
      all = wakes;
    }
    for (const auto& wake : all) wake();
  }

  std::function<void(Router&)> Routes() {
    return [this](Router& router) {
      router.AddRoute("GET", "/stream", [this](Request&) -> RouteResult {
        Response response;
        response.headers.Set("Content-Type", "text/plain");
        response.stream = std::make_shared<Stream>(*this);
        return response;
      });
    };
  }

  std::mutex mutex{};
  std::vector<std::function<void()>> wakes{};  // guarded by mutex

 private:
  class Stream final : public BodyStream {
   public:
    explicit Stream(Script& script) : script_(script), produce_(script.begin()) {}
    ~Stream() override { ++script_.ended; }
    void Open(std::function<void()> wake) override {
      {
        const std::lock_guard lock(script_.mutex);
        script_.wakes.push_back(std::move(wake));
      }
      ++script_.opened;
    }
    Step Produce(std::string& piece, bool stopping) override { return produce_(piece, stopping); }

   private:
    Script& script_;
    const Script::Produce produce_;
  };
};

/// A stream of so many pieces, without a wait.
std::function<Script::Produce()> Pieces(int count, std::size_t size = kPiece) {
  return [=]() -> Script::Produce {
    return [=, left = count](std::string& piece, bool) mutable -> BodyStream::Step {
      if (left-- == 0) return {.kind = Kind::kEnd};
      piece.assign(size, static_cast<char>('a' + left % 26));
      return {.kind = Kind::kMore};
    };
  };
}

/// The body within chunks; empty unless the last chunk is there and nothing follows it.
std::string Unchunk(std::string_view chunks) {
  std::string body;
  for (;;) {
    const std::size_t end = chunks.find("\r\n");
    if (end == std::string_view::npos) return {};
    const std::size_t size = std::stoul(std::string(chunks.substr(0, end)), nullptr, 16);
    chunks.remove_prefix(end + 2);
    if (chunks.size() < size + 2 || chunks.substr(size, 2) != "\r\n") return {};
    body += chunks.substr(0, size);
    chunks.remove_prefix(size + 2);
    if (size == 0) return chunks.empty() ? body : std::string();
  }
}

std::string BodyOf(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

/// Reads until the bytes are there.
std::string ReceiveUntil(test::RawClient& client, std::string_view wanted) {
  std::string received;
  while (received.find(wanted) == std::string::npos) {
    const std::string some = client.ReceiveSome();
    REQUIRE(!some.empty());
    received += some;
  }
  return received;
}

}  // namespace

TEST_CASE("BodyStream: comes in chunks, and another request follows on the connection") {
  Script script{.begin = Pieces(100)};
  TestServer server(OneStreamWorker(), script.Routes());
  auto client = server.Connect();
  client.Send(Get("/stream") + Get("/stream") + Get("/hello", "Connection: close\r\n"));
  const std::string answers = client.ReceiveAll();
  const std::size_t second = answers.find("HTTP/1.1 200", 1);
  const std::size_t third = answers.find("HTTP/1.1 200", second + 1);
  for (const std::string& answer :
       {answers.substr(0, second), answers.substr(second, third - second)}) {
    CHECK(answer.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(answer.find("Content-Length") == std::string::npos);
    CHECK(answer.find("X-Finished: yes\r\n") != std::string::npos);
    CHECK(Unchunk(BodyOf(answer)).size() == 100 * kPiece);
  }
  CHECK(BodyOf(answers.substr(third)) == "hello");
  CHECK(script.ended == 2);
  const auto accesses = server.accesses();
  REQUIRE(accesses.size() == 3);
  CHECK(accesses[0].bytes_out == second);
  CHECK(!accesses[0].client_gone);
}

TEST_CASE("BodyStream: ends with the connection for HTTP/1.0") {
  Script script{.begin = Pieces(20)};
  TestServer server(OneStreamWorker(), script.Routes());
  auto client = server.Connect();
  client.Send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string answer = client.ReceiveAll();
  CHECK(answer.find("Transfer-Encoding") == std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(BodyOf(answer).size() == 20 * kPiece);
}

TEST_CASE("BodyStream: HEAD gets the same head and no body") {
  Script script{.begin = Pieces(1)};
  TestServer server(OneStreamWorker(), script.Routes());
  auto client = server.Connect();
  client.Send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n" + Get("/hello", "Connection: close\r\n"));
  CHECK(client.ReceiveResponse(/*has_body=*/false).Field("Transfer-Encoding") == "chunked");
  CHECK(client.ReceiveResponse().body == "hello");
  CHECK(script.opened == 0);
}

TEST_CASE("BodyStream: many wait for events without a thread, and any thread wakes them") {
  std::atomic<int> events{0};
  Script script{.begin = [&]() -> Script::Produce {
    return [&, seen = 0](std::string& piece, bool) mutable -> BodyStream::Step {
      while (seen < events) piece += "event " + std::to_string(++seen) + ";";
      return {.kind = seen == 3 ? Kind::kEnd : Kind::kWait};
    };
  }};
  TestServer server(OneStreamWorker(), script.Routes());
  std::vector<test::RawClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(server.Connect());
    clients.back().Send(Get("/stream", "Connection: close\r\n"));
  }
  REQUIRE(TestServer::Eventually([&] { return script.opened == 100; }));
  auto other = server.Connect();
  for (int event = 1; event < 3; ++event) {
    CHECK(other.Exchange(Get("/hello")).status == 200);
    ++events;
    script.WakeAll();
    const std::string text = "event " + std::to_string(event) + ";\r\n";
    for (auto& client : clients) ReceiveUntil(client, text);
  }
  ++events;
  std::vector<std::thread> wakers;  // all at once: each piece still comes once
  for (int i = 0; i < 4; ++i) wakers.emplace_back([&] { script.WakeAll(); });
  for (auto& waker : wakers) waker.join();
  for (auto& client : clients) CHECK(Unchunk(client.ReceiveAll()) == "event 3;");
  script.WakeAll();  // no effect any more
}

TEST_CASE("BodyStream: a wake before it waits is not lost") {
  std::atomic<int> asked{0};
  Script script;
  script.begin = [&]() -> Script::Produce {
    return [&, left = 1000](std::string& piece, bool) mutable -> BodyStream::Step {
      ++asked;
      if (left-- == 0) return {.kind = Kind::kEnd};
      piece = "x";
      script.WakeAll();
      return {.kind = Kind::kWait};
    };
  };
  TestServer server(OneStreamWorker(), script.Routes());
  auto client = server.Connect();
  client.Send(Get("/stream", "Connection: close\r\n"));
  CHECK(Unchunk(BodyOf(client.ReceiveAll())).size() == 1000);
  CHECK(asked == 1001);
}

TEST_CASE("BodyStream: one that waits is asked again at its time, and is not too slow") {
  auto options = OneStreamWorker();
  options.write_timeout = milliseconds(40);
  options.keep_alive_timeout = milliseconds(40);
  SystemClock clock;
  Script script{.begin = [&]() -> Script::Produce {
    return [&, beats = 0](std::string& piece, bool) mutable -> BodyStream::Step {
      if (beats++ == 3) return {.kind = Kind::kEnd};
      piece = "beat;";
      return {.kind = Kind::kWait, .until = clock.Now() + milliseconds(150)};
    };
  }};
  TestServer server(options, script.Routes());
  auto client = server.Connect();
  client.Send(Get("/stream", "Connection: close\r\n"));
  CHECK(Unchunk(BodyOf(client.ReceiveAll())) == "beat;beat;beat;");
}

TEST_CASE("BodyStream: a client that does not read is asked for nothing more, and cut in time") {
  auto options = OneStreamWorker();
  options.write_timeout = milliseconds(300);
  options.body_min_bytes_per_second = 1'000'000'000;
  std::atomic<std::uint64_t> made{0};
  Script script{.begin = [&]() -> Script::Produce {
    return [&](std::string& piece, bool) -> BodyStream::Step {
      piece.assign(kPiece, 'x');
      made += kPiece;
      return {.kind = Kind::kMore};
    };
  }};
  TestServer server(options, script.Routes());
  auto client = server.Connect();
  client.Send(Get("/stream"));
  auto other = server.Connect();
  CHECK(other.Exchange(Get("/hello")).status == 200);
  REQUIRE(TestServer::Eventually([&] { return script.ended == 1; }));
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 2; }));
  const auto access = server.accesses().back();
  CHECK(access.client_gone);
  // Of what was made, all but the last piece had left, chunks' sizes aside.
  CHECK(made <= access.bytes_out + kPiece);
}

TEST_CASE("BodyStream: slow readers get all of it, and one worker serves others beside them") {
  Script script{.begin = Pieces(300)};
  TestServer server(OneStreamWorker(), script.Routes());
  std::vector<test::RawClient> lazy;
  for (int i = 0; i < 8; ++i) {
    lazy.push_back(server.Connect());
    lazy.back().Send(Get("/stream", "Connection: close\r\n"));
  }
  for (auto& client : lazy) REQUIRE(client.Readable(kUnlimited));
  auto other = server.Connect();
  CHECK(other.Exchange(Get("/hello")).status == 200);
  for (auto& client : lazy) CHECK(Unchunk(BodyOf(client.ReceiveAll())).size() == 300 * kPiece);
}

TEST_CASE("BodyStream: a client that leaves while it waits ends it (rule H25)") {
  Script script{.begin = []() -> Script::Produce {
    return [](std::string&, bool) -> BodyStream::Step { return {.kind = Kind::kWait}; };
  }};
  TestServer server(OneStreamWorker(), script.Routes());
  auto closes = server.Connect();
  auto resets = server.Connect();
  for (auto* client : {&closes, &resets}) {
    client->Send(Get("/stream"));
    ReceiveUntil(*client, "\r\n\r\n");
  }
  closes.Close();
  resets.Reset();
  REQUIRE(TestServer::Eventually([&] { return script.ended == 2; }));
  REQUIRE(TestServer::Eventually([&] { return server.accesses().size() == 2; }));
  CHECK(server.accesses().front().client_gone);
}

TEST_CASE("BodyStream: one that breaks is cut, so that nobody takes it for whole") {
  bool throws = false;
  Script script{.begin = [&]() -> Script::Produce {
    return [&, left = 1](std::string& piece, bool) mutable -> BodyStream::Step {
      if (left-- == 0) {
        if (throws) throw std::runtime_error("the password is swordfish");
        return {.kind = Kind::kBroken};
      }
      piece = "half";
      return {.kind = Kind::kMore};
    };
  }};
  SUBCASE("because it says so") {}
  SUBCASE("because it throws") {
    throws = true;
  }
  TestServer server(OneStreamWorker(), script.Routes());
  for (const char* const request :
       {"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", "GET /stream HTTP/1.0\r\n\r\n"}) {
    auto client = server.Connect();
    client.Send(request);
    CHECK_THROWS_WITH(client.ReceiveAll(), "connection reset");
  }
  CHECK(script.ended == 2);
}

TEST_CASE("BodyStream: a stop wakes one that waits, which ends properly (rule H22)") {
  Script script{.begin = []() -> Script::Produce {
    return [](std::string& piece, bool stopping) -> BodyStream::Step {
      if (!stopping) return {.kind = Kind::kWait};
      piece = "bye";
      return {.kind = Kind::kEnd};
    };
  }};
  TestServer server(OneStreamWorker(), script.Routes());
  std::vector<test::RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server.Connect());
    clients.back().Send(Get("/stream"));
  }
  for (auto& client : clients) ReceiveUntil(client, "\r\n\r\n");
  server.server().Stop(kUnlimited);  // would run into the test's time limit if it waited for them
  for (auto& client : clients) CHECK(Unchunk(client.ReceiveAll()) == "bye");
}

TEST_CASE("BodyStream: a stop lets one go on that is not through, for the grace time") {
  std::atomic<bool> released{false};
  std::atomic<bool> told{false};
  Script script{.begin = [&]() -> Script::Produce {
    return [&](std::string& piece, bool stopping) -> BodyStream::Step {
      told = told || stopping;
      if (!released) return {.kind = Kind::kWait};
      piece = "all";
      return {.kind = Kind::kEnd};
    };
  }};
  TestServer server(OneStreamWorker(), script.Routes());
  auto client = server.Connect();
  client.Send(Get("/stream"));
  ReceiveUntil(client, "\r\n\r\n");
  SUBCASE("and then it comes whole") {
    std::thread stopper([&] { server.server().Stop(kUnlimited); });
    REQUIRE(TestServer::Eventually([&] { return told.load(); }));
    released = true;
    script.WakeAll();
    CHECK(Unchunk(client.ReceiveAll()) == "all");
    stopper.join();
  }
  SUBCASE("or it is cut") {
    server.server().Stop(milliseconds(50));
    CHECK(script.ended == 1);
    CHECK(client.ReceiveAll().empty());
  }
}

TEST_CASE("BodyStream: leaving, waking and stopping at the same moment leave nothing behind") {
  for (int round = 0; round < 10; ++round) {
    Script script{.begin = []() -> Script::Produce {
      return [](std::string& piece, bool stopping) -> BodyStream::Step {
        piece = "tick";
        return {.kind = stopping ? Kind::kEnd : Kind::kWait};
      };
    }};
    TestServer server(TestServer::Loopback(), script.Routes());
    std::vector<test::RawClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(server.Connect());
      clients.back().Send(Get("/stream"));
    }
    REQUIRE(TestServer::Eventually([&] { return script.opened == 20; }));
    std::thread waker([&] {
      for (int i = 0; i < 50; ++i) script.WakeAll();
    });
    std::thread leaver([&] {
      for (std::size_t i = 0; i < clients.size(); i += 2) clients[i].Reset();
    });
    server.server().Stop(kUnlimited);
    waker.join();
    leaver.join();
    CHECK(script.ended == 20);
  }
}
