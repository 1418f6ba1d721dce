#include "vcache/redis/resp_subscription.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "integration/redis/resp_test_support.h"
#include "support/fake_redis.h"
#include "support/redis_server.h"

using namespace vcache;        // NOLINT: a test
using namespace vcache::test;  // NOLINT: a test

namespace {

/// A subscription that keeps what it hears.
struct Listener {
  explicit Listener(const std::string& url, redis::PingSchedule pings = {},
                    milliseconds silence_limit = milliseconds(10'000)) {
    redis::RespSubscriptionOptions options;
    options.url = *redis::ParseRedisUrl(url);
    options.channel = "vcache:events";
    options.pings = pings;
    options.silence_limit = silence_limit;
    options.on_message = [this](std::string_view message) {
      const std::lock_guard lock(mutex);
      messages.emplace_back(message);
    };
    options.on_subscribed = [this] { subscribed.fetch_add(1); };
    options.on_lost = [this] { lost.fetch_add(1); };
    auto made = redis::MakeRespSubscription(std::move(options), clock, logger);
    REQUIRE(made);
    subscription = *std::move(made);
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex);
    return messages;
  }

  SystemClock clock;
  RecordingLogger logger;
  std::mutex mutex;
  std::vector<std::string> messages;  // guarded by mutex
  std::atomic<int> subscribed{0};
  std::atomic<int> lost{0};
  std::unique_ptr<redis::Subscription> subscription;
};

}  // namespace

TEST_CASE("RespSubscription: hands on the messages of its channel, over TCP and TLS") {
  if (!RedisServer::Available()) return;
  for (const bool tls : {false, true}) {
    RedisServer server({.tls = tls, .certificate = {}, .arguments = {}});
    Listener listener(server.url());
    REQUIRE(Eventually([&] { return listener.subscribed.load() == 1; }));
    CHECK(listener.subscription->listening());
    server.Ask({"PUBLISH", "vcache:events", "one"});
    server.Ask({"PUBLISH", "another channel", "not ours"});
    server.Ask({"PUBLISH", "vcache:events", "two"});
    REQUIRE(Eventually([&] { return listener.heard().size() == 2; }));
    CHECK(listener.heard() == std::vector<std::string>{"one", "two"});
  }
}

TEST_CASE("RespSubscription: subscribes again after a loss and says both") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  Listener listener(server.url());
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 1; }));
  server.Kill();
  REQUIRE(Eventually([&] { return listener.lost.load() == 1; }));
  CHECK_FALSE(listener.subscription->listening());
  server.Start();
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 2; }));
  server.Ask({"PUBLISH", "vcache:events", "again"});
  CHECK(Eventually([&] { return listener.heard().size() == 1; }));
  CHECK(listener.logger.lines().size() == 3);
}

TEST_CASE("RespSubscription: pings when idle, and leaves a server that is silent") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  Listener listener(server.url(), {.interval = milliseconds(50)}, milliseconds(300));
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 1; }));
  REQUIRE(Eventually([&] { return server.Calls("ping") >= 3; }));
  CHECK(listener.lost.load() == 0);
  server.Freeze();
  REQUIRE(Eventually([&] { return listener.lost.load() == 1; }));
  server.Thaw();
  CHECK(Eventually([&] { return listener.subscribed.load() == 2; }));
}

TEST_CASE("RespSubscription: a check finds out a connection that is dead without a word") {
  FakeRedis server([](FakeRedisPeer& peer, int number) {
    peer.Greet();
    peer.Read();
    peer.Send("*3\r\n$9\r\nsubscribe\r\n$13\r\nvcache:events\r\n:1\r\n");
    if (number == 0) return peer.AwaitEnd();  // answers nothing, closes nothing
    while (!peer.Read().empty()) peer.Send("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  });
  Listener listener(server.url());
  REQUIRE(Eventually([&] { return listener.subscribed == 1; }));
  const auto started = std::chrono::steady_clock::now();
  listener.subscription->Check();
  REQUIRE(Eventually([&] { return listener.subscribed == 2; }));
  CHECK(std::chrono::steady_clock::now() - started < milliseconds(5'000));  // not silence_limit
  CHECK(listener.lost == 1);
}

TEST_CASE("RespSubscription: a check of a connection that lives is one ping") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  Listener listener(server.url(), {}, milliseconds(10'000));
  REQUIRE(Eventually([&] { return listener.subscribed == 1; }));
  const int pings = server.Calls("ping");
  listener.subscription->Check();
  REQUIRE(Eventually([&] { return server.Calls("ping") == pings + 1; }));
  std::this_thread::sleep_for(milliseconds(700));  // beyond check_limit
  CHECK(listener.lost == 0);
  CHECK(server.Calls("ping") == pings + 1);
}

TEST_CASE("RespSubscription: a user who may not listen is refused without harm") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  server.Ask({"ACL", "SETUSER", "deaf", "on", ">pw", "~*", "+@all", "resetchannels"});
  Listener listener("redis://deaf:pw@127.0.0.1:" + std::to_string(server.port()));
  REQUIRE(Eventually([&] { return !listener.logger.lines().empty(); }));
  CHECK(listener.logger.lines()[0].fields.find("refuses the subscription") != std::string::npos);
  CHECK_FALSE(listener.subscription->listening());
}

TEST_CASE("RespSubscription: messages beyond every measure end the connection (rule R4)") {
  const std::string cases[] = {
      "*3\r\n$7\r\nmessage\r\n$13\r\nvcache:events\r\n$4000000000\r\n" + std::string(200'000, 'x'),
      "*2000000000\r\n", "$5\r\nhello\r\n", "*0\r\n", "noise\r\n"};
  for (const std::string& bytes : cases) {
    CAPTURE(bytes.substr(0, 60));
    FakeRedis server([&](FakeRedisPeer& peer, int) {
      peer.Greet();
      peer.Read();
      peer.Send("*3\r\n$9\r\nsubscribe\r\n$13\r\nvcache:events\r\n:1\r\n");
      peer.Send(bytes);
      peer.AwaitEnd();
    });
    Listener listener(server.url());
    CHECK(Eventually([&] { return listener.lost.load() >= 1; }));
    CHECK(listener.heard().empty());
  }
}

TEST_CASE("RespSubscription: shares one ping an interval with the connection for commands") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  Listener listener(server.url(), {.interval = milliseconds(100), .turn = 1, .turns = 2});
  auto options = OptionsFor(server.url());
  options.pings = {.interval = milliseconds(100), .turn = 0, .turns = 2};
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 1; }));
  const SteadyTime begun = listener.clock.Now();
  server.Ask({"CONFIG", "RESETSTAT"});
  REQUIRE(Eventually([&] { return server.Calls("ping") >= 7; }));
  const int pings = server.Calls("ping");
  const auto intervals = (listener.clock.Now() - begun) / milliseconds(100);
  CHECK(pings <= intervals + 1);
  CHECK(listener.lost == 0);
}
