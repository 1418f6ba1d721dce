#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "integration/redis/rest_fixture.h"
#include "support/never.h"
#include "support/rest_stand_in.h"

using namespace vcache;
using namespace vcache::redis;
using namespace std::chrono_literals;
using test::kNever;
using test::RedisServer;
using test::RestFixture;
using test::RestStandIn;

TEST_CASE("Upstash over REST: commands, pipelines and every kind of reply, as from Redis") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestFixture world(stand_in.Options());
  CHECK(world.Ask({"SET", "k", "caf\xC3\xA9 \"quoted\"\n"})->is_status("OK"));
  CHECK(server.Ask({"GET", "k"}) == "caf\xC3\xA9 \"quoted\"\n");
  CHECK(world.Ask({"GET", "k"})->text == "caf\xC3\xA9 \"quoted\"\n");
  CHECK(world.Ask({"GET", "nothing"})->nil());
  CHECK(world.Ask({"STRLEN", "k"})->integer == 15);
  CHECK(world.Ask({"LPUSH", "k", "x"})->error_kind() == RespErrorKind::kWrongType);
  CHECK(world.Ask({"NONSENSE"})->is_error());
  const std::vector<RespCommand> commands = {
      {{"SET", "a", "OK"}, {}}, {{"GET", "a"}, {}},       {{"INCR", "a"}, {}},
      {{"INCR", "n"}, {}},      {{"MGET", "a", "b"}, {}}, {{"SCAN", "0", "COUNT", "100"}, {}}};
  const auto replies = world.link->Run(commands, kNever);
  REQUIRE(replies);
  CHECK(replies->at(0).is_status("OK"));
  CHECK(replies->at(1).text == "OK");
  CHECK(replies->at(2).is_error());
  CHECK(replies->at(3).integer == 1);
  CHECK(replies->at(4).elements[1].nil());
  CHECK(replies->at(5).elements[1].elements.size() == 3);
}

TEST_CASE("Upstash over REST: replies hold any bytes") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestFixture world(stand_in.Options());
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  server.Ask({"SET", "every", every});
  CHECK(world.Ask({"GET", "every"})->text == every);
  CHECK_FALSE(world.Ask({"SET", "every", every}));
  const RespScript echo("redis.call('SET', KEYS[1], ARGV[1]) return ARGV[1]");
  const std::array<std::string, 1> keys = {"echoed"};
  for (const std::string& argument : {every, std::string("100% \xC3\xA9"), std::string()}) {
    const std::array<std::string, 1> arguments = {argument};
    CHECK(echo.Run(*world.link, keys, arguments, kNever)->text == argument);
    CHECK(server.Ask({"GET", "echoed"}) == argument);
  }
}

TEST_CASE("Upstash over REST: a script runs by its digest, and once again when it was lost") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestFixture world(stand_in.Options());
  const RespScript script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  const std::array<std::string, 1> keys = {"n"};
  const std::array<std::string, 1> arguments = {"2"};
  for (int i = 1; i <= 3; ++i) {
    CHECK(script.Run(*world.link, keys, arguments, kNever)->integer == 2 * i);
    if (i == 2) server.Ask({"SCRIPT", "FLUSH"});
  }
  CHECK(server.Calls("eval") == 2);
}

TEST_CASE("Upstash over REST: many callers share few connections and few requests") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestFixture world(stand_in.Options());
  const int connections = stand_in.Count("connections");
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 100; ++c) {
    callers.emplace_back([&, c] {
      for (int i = 0; i < 5; ++i) {
        const std::string name = std::to_string(c) + "/" + std::to_string(i);
        if (world.Ask({"ECHO", name})->text == name) ++right;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(right == 500);
  // One of the keeper is open already; each look at the counts takes one itself.
  CHECK(stand_in.Count("connections") - connections <= 3 + 1);
}

TEST_CASE("Upstash over REST: calls that come while all connections are busy travel together") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  RestFixture world(stand_in.Options());
  constexpr std::size_t kCallers = 100;
  const auto burst = [&] {
    std::atomic<std::size_t> right{0};
    server.Freeze();
    std::vector<std::thread> callers;
    for (std::size_t c = 0; c < kCallers; ++c) {
      callers.emplace_back([&, c] {
        if (world.Ask({"ECHO", std::to_string(c)})->text == std::to_string(c)) ++right;
      });
    }
    CHECK(test::Eventually([&] { return world.link->Status().waiting == kCallers; }));
    server.Thaw();
    for (std::thread& caller : callers) caller.join();
    CHECK(right == kCallers);
  };
  burst();  // opens all connections, each with a PING
  const int requests = stand_in.Count("requests");
  burst();
  const int needed = stand_in.Count("requests") - requests;
  // One on each connection at first, and then at most as many for all who had to wait.
  MESSAGE(kCallers << " calls took " << needed << " requests");
  CHECK(needed <= 8);
}

TEST_CASE("rule T3: Upstash over REST verifies who answers") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn good(server, test::TestAuthority::LeafOptions());
  {
    RestFixture world(good.Options());
    CHECK(world.Ask({"ECHO", "secure"})->text == "secure");
  }
  UpstashRestOptions strange = good.Options();
  strange.ca_file.clear();  // the system's, which do not know the test's
  RestFixture unknown(strange, RestFixture::Wait::kForTrouble);
  CHECK(unknown.link->Status().reason.find("certificate") != std::string::npos);
  RestStandIn other(server, test::TestAuthority::LeafOptions{.names = "DNS:elsewhere.test"});
  RestFixture wrong_name(other.Options(), RestFixture::Wait::kForTrouble);
  CHECK(wrong_name.link->Status().reason.find("certificate") != std::string::npos);
}

TEST_CASE("Upstash over REST: a CA file that cannot be read is said at once") {
  UpstashRestOptions options;
  options.url = "https://127.0.0.1:1";
  options.ca_file = "/nonexistent/ca.pem";
  SystemClock clock;
  const auto made = MakeUpstashRestClient(options, clock, NullLogger());
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::kBadConfiguration);
}
