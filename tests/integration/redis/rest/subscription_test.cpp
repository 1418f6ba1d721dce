#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "integration/redis/rest_fixture.h"
#include "support/rest_stand_in.h"
#include "support/scripted_server.h"

using namespace vcache;
using namespace vcache::redis;
using namespace std::chrono_literals;
using test::Eventually;
using test::RedisServer;
using test::RestStandIn;
using test::ScriptedServer;

namespace {

/// A subscription over REST that keeps what it hears.
struct RestListener {
  explicit RestListener(const std::string& url, UpstashRestSubscriptionOptions options = {}) {
    net::InitHttpClients();
    options.url = url;
    if (options.token.empty()) options.token = Secret(RestStandIn::kToken);
    options.channel = "site/vcache:events";
    options.on_message = [this](std::string_view message) {
      const std::lock_guard lock(mutex);
      messages.emplace_back(message);
    };
    options.on_subscribed = [this] { subscribed.fetch_add(1); };
    options.on_lost = [this] { lost.fetch_add(1); };
    auto made = MakeUpstashRestSubscription(std::move(options), clock, logger);
    REQUIRE(made);
    subscription = *std::move(made);
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex);
    return messages;
  }

  SystemClock clock;
  test::RecordingLogger logger;
  std::mutex mutex;
  std::vector<std::string> messages;  // guarded by mutex
  std::atomic<int> subscribed{0};
  std::atomic<int> lost{0};
  std::unique_ptr<Subscription> subscription;
};

}  // namespace

TEST_CASE("Subscription over REST: hands on the messages of its channel") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestListener listener(stand_in.url());
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 1; }));
  CHECK(listener.subscription->listening());
  server.Ask({"PUBLISH", "site/vcache:events", "one"});
  server.Ask({"PUBLISH", "another channel", "not ours"});
  server.Ask({"PUBLISH", "site/vcache:events", R"({"event":"two, and more"})"});
  REQUIRE(Eventually([&] { return listener.heard().size() == 2; }));
  CHECK(listener.heard() == std::vector<std::string>{"one", R"({"event":"two, and more"})"});
}

TEST_CASE("Subscription over REST: subscribes again after a loss and says both") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestListener listener(stand_in.url());
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 1; }));
  stand_in.Kill();
  REQUIRE(Eventually([&] { return listener.lost.load() == 1; }));
  CHECK_FALSE(listener.subscription->listening());
  stand_in.Start();
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 2; }));
  server.Ask({"PUBLISH", "site/vcache:events", "again"});
  CHECK(Eventually([&] { return listener.heard().size() == 1; }));
  CHECK(listener.logger.lines().size() == 3);
}

TEST_CASE("Subscription over REST: an old stream is replaced without a word") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  UpstashRestSubscriptionOptions options;
  options.stream_life = 300ms;
  RestListener listener(stand_in.url(), options);
  REQUIRE(Eventually([&] { return listener.subscribed.load() >= 3; }));
  CHECK(listener.lost.load() >= 2);
  CHECK(listener.logger.lines().size() == 1);
}

TEST_CASE("Subscription over REST: a check replaces the stream, without a word") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestListener listener(stand_in.url());
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 1; }));
  listener.subscription->Check();
  REQUIRE(Eventually([&] { return listener.subscribed.load() == 2; }));
  CHECK(listener.logger.lines().size() == 1);
}

TEST_CASE("Subscription over REST: a wrong token is refused without harm") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  UpstashRestSubscriptionOptions options;
  options.token = Secret("hunter2");
  RestListener listener(stand_in.url(), options);
  REQUIRE(Eventually([&] { return !listener.logger.lines().empty(); }));
  CHECK(listener.logger.lines()[0].fields.find("refuses the token") != std::string::npos);
  CHECK(listener.logger.lines()[0].fields.find("hunter2") == std::string::npos);
  CHECK_FALSE(listener.subscription->listening());
}

TEST_CASE("Subscription over REST: a server that never answers, or too much, is left") {
  ScriptedServer mute(test::Stall());
  UpstashRestSubscriptionOptions options;
  options.silence_limit = 100ms;
  {
    RestListener listener(mute.url(), options);
    CHECK(Eventually([&] { return mute.requests() >= 2; }));
    CHECK(listener.subscribed.load() == 0);
  }
  ScriptedServer flood([](ScriptedServer::Peer& peer, const std::string&) {
    peer.Send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        "data: subscribe,site/vcache:events,1\n\n");
    const std::string much(64 * 1024, 'x');
    while (peer.Send(much)) {
    }
    peer.Close();
  });
  RestListener listener(flood.url(), {});
  CHECK(Eventually([&] { return listener.lost.load() >= 2; }));
  CHECK(listener.heard().empty());
}
