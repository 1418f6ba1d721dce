#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "integration/redis/rest_fixture.h"
#include "support/rest_stand_in.h"

using namespace vcache;
using namespace vcache::redis;
using namespace std::chrono_literals;
using test::Eventually;
using test::RedisServer;
using test::RestFixture;
using test::RestStandIn;

namespace {

/// A Redis behind the stand-in and a client of it with an ordinary time limit.
struct RestFaults {
  RestFaults() {
    UpstashRestOptions options = stand_in.Options();
    options.command_timeout = 3s;
    world = std::make_unique<RestFixture>(options);
    REQUIRE(world->Ask({"SET", "k", "v"}));
  }
  /// What most of many calls take at most, in milliseconds: each fails at once. (A busy machine may
  /// put the thread aside in a few of them.)
  double UsualRefusal() {
    std::vector<double> times;
    for (int i = 0; i < 100; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      CHECK_FALSE(world->Ask({"GET", "k"}));
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - begun;
      times.push_back(took.count());
    }
    std::sort(times.begin(), times.end());
    return times[75];
  }

  RedisServer server;
  RestStandIn stand_in{server};
  std::unique_ptr<RestFixture> world;
};

}  // namespace

TEST_CASE("Upstash over REST: gone and back again, with one line each way and no delay between") {
  if (!RestStandIn::Available()) return;
  RestFaults faults;
  RestFixture& world = *faults.world;
  faults.stand_in.Kill();
  CHECK_FALSE(world.Ask({"GET", "k"}));
  CHECK_FALSE(world.link->available());
  const double usual = faults.UsualRefusal();
  MESSAGE("three of four refusals take at most " << usual << " ms");
  CHECK(usual < 1);
  faults.stand_in.Start();
  REQUIRE(world.AwaitState(RespState::kReady));
  CHECK(world.Ask({"GET", "k"})->text == "v");
  REQUIRE(Eventually([&] { return world.logger.lines().size() == 3; }));
  CHECK(world.logger.Count(LogLevel::kWarn) == 1);
  for (const auto& line : world.logger.lines()) {
    CHECK(line.fields.find(RestStandIn::kToken) == std::string::npos);
  }
}

TEST_CASE("Upstash over REST: frozen, the first caller waits its time and the others not") {
  if (!RestStandIn::Available()) return;
  RestFaults faults;
  RestFixture& world = *faults.world;
  faults.stand_in.Freeze();
  const auto begun = std::chrono::steady_clock::now();
  CHECK_FALSE(world.Ask({"GET", "k"}));
  CHECK(std::chrono::steady_clock::now() - begun >= 3s);
  CHECK(RespStateName(world.link->Status().state) == "silent");
  CHECK(faults.UsualRefusal() < 1);
  faults.stand_in.Thaw();
  REQUIRE(world.AwaitState(RespState::kReady));
  CHECK(world.Ask({"GET", "k"})->text == "v");
}

TEST_CASE("Upstash over REST: what the service says decides how long it is left alone") {
  if (!RestStandIn::Available()) return;
  for (const auto& [behaviour, state] :
       {std::pair(R"({"mode":"status","status":500})", RespState::kConnecting),
        std::pair(R"({"mode":"garbage"})", RespState::kConnecting),
        std::pair(R"({"mode":"drop"})", RespState::kConnecting),
        std::pair(R"({"mode":"status","status":401})", RespState::kRefused),
        std::pair(R"({"mode":"status","status":405})", RespState::kRefused),
        std::pair(R"({"mode":"status","status":429,"retry_after":30})", RespState::kPaused),
        std::pair(R"({"mode":"error","error":"ERR max daily request limit exceeded. Limit: 1"})",
                  RespState::kPaused),
        std::pair(R"({"mode":"error","error":"LOADING Redis is loading"})", RespState::kSilent)}) {
    CAPTURE(behaviour);
    RestFaults faults;
    faults.stand_in.Behave(behaviour);
    const auto asked = faults.world->Ask({"GET", "k"});
    CHECK((!asked || asked->is_error()));
    CHECK(RespStateName(faults.world->link->Status().state) == RespStateName(state));
    const int requests = faults.stand_in.Count("requests");
    CHECK_FALSE(faults.world->Ask({"GET", "k"}));
    const bool slowly = state == RespState::kRefused || state == RespState::kPaused;
    if (slowly) {
      CHECK(faults.stand_in.Count("requests") == requests);
      continue;
    }
    faults.stand_in.Behave("{}");
    REQUIRE(faults.world->AwaitState(RespState::kReady));
    CHECK(faults.world->Ask({"GET", "k"})->text == "v");
  }
}

TEST_CASE("Upstash over REST: a wrong token is refused and never logged") {
  if (!RestStandIn::Available()) return;
  RedisServer server;
  RestStandIn stand_in(server);
  UpstashRestOptions options = stand_in.Options();
  options.token = Secret("hunter2");
  RestFixture world(options, RestFixture::Wait::kForTrouble);
  CHECK(RespStateName(world.link->Status().state) == "refused");
  REQUIRE(Eventually([&] { return world.logger.lines().size() == 1; }));
  CHECK(world.logger.lines()[0].fields.find("token") != std::string::npos);
  CHECK(world.logger.lines()[0].fields.find("hunter2") == std::string::npos);
}

TEST_CASE("rule C1: a counting script whose connection dies is not run again") {
  if (!RestStandIn::Available()) return;
  RestFaults faults;
  const RespScript script("return redis.call('INCR', KEYS[1])");
  const std::array<std::string, 1> keys = {"n"};
  for (int i = 1; i <= 3; ++i) {
    const auto counted = script.Run(*faults.world->link, keys, {}, Deadline::Never());
    REQUIRE(counted);
    CHECK(counted->integer == i);
    faults.stand_in.Behave(R"({"mode":"drop"})");
    const int requests = faults.stand_in.Count("requests");
    CHECK_FALSE(script.Run(*faults.world->link, keys, {}, Deadline::Never()));
    faults.stand_in.Behave("{}");
    REQUIRE(faults.world->AwaitState(RespState::kReady));
    CHECK(faults.stand_in.Count("requests") > requests);
    CHECK(faults.server.Ask({"GET", "n"}) == std::to_string(i));
  }
}

TEST_CASE("Upstash over REST: a Redis that dies behind the service is an outage too") {
  if (!RestStandIn::Available()) return;
  RestFaults faults;
  faults.server.Kill();
  CHECK_FALSE(faults.world->Ask({"GET", "k"}));
  CHECK(RespStateName(faults.world->link->Status().state) == "connecting");
  faults.server.Start();
  REQUIRE(faults.world->AwaitState(RespState::kReady));
  CHECK(faults.world->Ask({"GET", "k"})->nil());
}
