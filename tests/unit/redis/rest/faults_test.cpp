#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "unit/redis/rest/rest_fixture.h"

using namespace vcache;
using namespace vcache::redis;  // NOLINT: a test of this namespace
using namespace vcache::test;   // NOLINT: its bench
using namespace std::chrono_literals;

TEST_CASE("UpstashRestLink: who times out leaves; its late answer goes to nobody") {
  RestFixture bench;
  bench.Start();
  test::Gate gate;
  bench.server.Behave([&](const std::string&) {
    gate.Pass();
    return RestSays(R"({"result":"b2xk"})");
  });
  std::thread late([&] { CHECK_FALSE(bench.Ask({"GET", "old"})); });
  gate.AwaitArrivals(1);
  bench.clock.Advance(250ms);
  late.join();
  // Not a byte since it was asked: the next caller does not wait.
  CHECK(bench.state() == "silent");
  CHECK(bench.link->Status().timeouts == 1);
  CHECK_FALSE(bench.Ask({"GET", "new"}));
  bench.server.Behave([](const std::string&) { return RestSays(R"({"result":"bmV3"})"); });
  gate.Open();
  bench.clock.Advance(1s);
  REQUIRE(bench.link->AwaitReady(kNever));
  CHECK(bench.Ask({"GET", "new"})->text == "new");
}

TEST_CASE("UpstashRestLink: a caller with little time left says nothing about the server") {
  RestFixture bench;
  bench.Start();
  test::Gate gate;
  bench.server.Behave([&](const std::string&) {
    gate.Pass();
    return RestSays(R"({"result":1})");
  });
  std::thread hasty([&] {
    CHECK_FALSE(bench.Ask({"GET", "k"}, Deadline::After(bench.clock, 10ms)));
  });
  gate.AwaitArrivals(1);
  bench.clock.Advance(10ms);
  hasty.join();
  CHECK(bench.state() == "ready");
  gate.Open();
  CHECK(bench.Ask({"GET", "k"})->integer == 1);
  CHECK_FALSE(bench.Ask({"GET", "k"}, Deadline::At(bench.clock.Now())));
}

TEST_CASE("rule C2: a read that dies with an old connection is repeated, a write never") {
  RestFixture bench;
  bench.Start();
  int deaths = 1;
  const auto dies_once = [&](const std::string&) -> Result<net::HttpResponse> {
    if (deaths-- > 0) return RestDies();
    return RestSays(R"({"result":1})");
  };
  bench.server.Behave(dies_once);
  CHECK(bench.Ask({"GET", "k"})->integer == 1);
  CHECK(bench.server.commands() == 2);
  CHECK(bench.state() == "ready");
  for (const char* write : {"SET", "INCR", "EVALSHA", "UNLINK"}) {
    deaths = 1;
    const int before = bench.server.commands();
    CHECK_FALSE(bench.Ask({write, "k", "v"}));
    CHECK(bench.server.commands() == before + 1);
    bench.clock.Advance(1s);
    REQUIRE(bench.link->AwaitReady(kNever));
  }
}

TEST_CASE("UpstashRestLink: what this machine lacks says nothing about the server") {
  RestFixture bench;
  bench.Start();
  bench.server.Behave([](const std::string&) -> Result<net::HttpResponse> {
    return Error{ErrorCode::kIo, "This process has no descriptor left."};
  });
  const auto failed = bench.Ask({"GET", "k"});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kStoreUnavailable);
  CHECK(failed.error().message.find("no descriptor left") != std::string::npos);
  CHECK(bench.state() == "ready");
  bench.server.Behave([](const std::string&) { return RestSays(R"({"result":1})"); });
  CHECK(bench.Ask({"GET", "k"})->integer == 1);
}

TEST_CASE("UpstashRestLink: bytes that are no text are refused before they are sent") {
  RestFixture bench;
  bench.Start();
  CHECK_FALSE(bench.link->takes_any_bytes());
  const auto refused = bench.Ask({"SET", "k", "\x28\xB5\x2F\xFD"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kStoreUnavailable);
  CHECK(bench.server.commands() == 0);
  CHECK(bench.state() == "ready");
}

TEST_CASE("UpstashRestLink: no more wait than may") {
  UpstashRestOptions options;
  options.max_waiting_commands = 2;
  RestFixture bench(1, options);
  bench.Start();
  test::Gate gate;
  const auto answer = [](const std::string& body) {  // alone or together, as they happened to come
    return RestSays(body.starts_with("[[") ? R"([{"result":1},{"result":1}])" : R"({"result":1})");
  };
  bench.server.Behave([&](const std::string& body) {
    gate.Pass();
    return answer(body);
  });
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) callers.emplace_back([&] { CHECK(bench.Ask({"GET", "k"})); });
  bench.AwaitWaiting(2);
  const auto third = bench.Ask({"GET", "k"});
  REQUIRE_FALSE(third);
  CHECK(third.error().message.find("too many") != std::string::npos);
  bench.server.Behave(answer);
  gate.Open();
  for (std::thread& caller : callers) caller.join();
}

TEST_CASE("UpstashRestLink: an idle connection is pinged, and who is slow there is distrusted") {
  RestFixture bench;
  bench.Start();
  const int before = bench.server.pings();
  bench.clock.Advance(59s);
  bench.clock.AwaitWaiters(1);
  CHECK(bench.server.pings() == before);
  bench.clock.Advance(1s);
  bench.AwaitPings(before + 1);
  CHECK(bench.state() == "ready");
  // The first may be slow for the sake of a new connection, the second may not.
  bench.server.Behave([](const std::string&) { return RestSays(R"({"result":1})"); },
                      [&](const std::string&) {
                        bench.clock.Advance(300ms);
                        return RestSays(kPong);
                      });
  bench.clock.Advance(61s);
  bench.AwaitLines(2);
  CHECK(bench.logger.lines()[1].fields.find("state=silent") != std::string::npos);
}

TEST_CASE("UpstashRestLink: nonsense is an outage, and ends when the server makes sense again") {
  RestFixture bench;
  bench.Start();
  for (const char* nonsense : {"", "<html>hello</html>", R"({"result":{}})", R"([{"result":1}])"}) {
    bench.server.Behave([=](const std::string&) { return RestSays(nonsense); });
    CHECK_FALSE(bench.Ask({"GET", "k"}));
    CHECK(bench.state() == "connecting");
    bench.clock.Advance(1s);
    REQUIRE(bench.link->AwaitReady(kNever));
  }
}
