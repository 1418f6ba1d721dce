#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "unit/redis/rest/rest_fixture.h"

using namespace vcache;
using namespace vcache::redis;  // NOLINT: a test of this namespace
using namespace vcache::test;   // NOLINT: its bench
using namespace std::chrono_literals;

TEST_CASE("UpstashRestLink: one command is posted alone, several as a pipeline") {
  RestFixture bench;
  bench.Start();
  CHECK(bench.Ask({"SET", "k", "v"})->is_status("OK"));
  const net::HttpRequest one = bench.server.last();
  CHECK(one.method == "POST");
  CHECK(one.url == "https://example.upstash.io/");
  CHECK(std::get<std::string>(one.body) == R"(["SET","k","v"])");
  CHECK(Header(one, "Authorization") == "Bearer the-token");
  CHECK(Header(one, "Upstash-Encoding") == "base64");
  bench.server.Behave(
      [](const std::string&) { return RestSays(R"([{"result":"Zm9v"},{"error":"ERR no"}])"); });
  const std::vector<RespCommand> two = {{{"GET", "a"}, {}}, {{"INCR", "b"}, {}}};
  const auto replies = bench.link->Run(two, kNever);
  REQUIRE(replies);
  CHECK(replies->at(0).text == "foo");
  CHECK(replies->at(1).is_error());
  CHECK(bench.server.last().url == "https://example.upstash.io/pipeline");
  CHECK(std::get<std::string>(bench.server.last().body) == R"([["GET","a"],["INCR","b"]])");
  CHECK(bench.link->Status().commands == 3);
  CHECK(bench.link->Status().waiting == 0);
  for (const auto& line : bench.logger.lines()) {
    CHECK(line.fields.find("the-token") == std::string::npos);
  }
}

TEST_CASE("UpstashRestLink: calls that come while the connection is busy travel together") {
  RestFixture bench;
  bench.Start();
  test::Gate gate;
  bench.server.Behave([&](const std::string& body) {
    if (body == R"(["GET","first"])") gate.Pass();
    if (!body.starts_with("[[")) return RestSays(R"({"result":"Zmlyc3Q="})");
    std::string replies;  // the number in the key's name
    for (std::size_t at = body.find("\"n"); at != std::string::npos;
         at = body.find("\"n", at + 1)) {
      replies += std::string(replies.empty() ? "" : ",") + R"({"result":)" + body[at + 2] + "}";
    }
    return RestSays("[" + replies + "]");
  });
  std::thread first([&] { CHECK(bench.Ask({"GET", "first"})->text == "first"); });
  gate.AwaitArrivals(1);
  std::vector<std::thread> others;
  for (int i = 0; i < 8; ++i) {
    others.emplace_back([&, i] {
      CHECK(bench.Ask({"GET", "n" + std::to_string(i)})->integer == i);
    });
  }
  bench.AwaitWaiting(9);
  gate.Open();
  first.join();
  for (std::thread& other : others) other.join();
  CHECK(bench.server.commands() == 2);
}

TEST_CASE("UpstashRestLink: a further connection is opened by a PING, then shares the work") {
  RestFixture bench(2);
  bench.Start();
  const int pings = bench.server.pings();
  test::Gate gate;
  bench.server.Behave([&](const std::string& body) {
    if (body.find("slow") != std::string::npos) gate.Pass();
    return RestSays(R"({"result":1})");
  });
  std::thread slow([&] { CHECK(bench.Ask({"GET", "slow"})); });
  gate.AwaitArrivals(1);
  CHECK(bench.Ask({"GET", "quick"})->integer == 1);
  CHECK(bench.server.pings() == pings + 1);
  gate.Open();
  slow.join();
}

TEST_CASE("UpstashRestLink: in an outage calls fail at once, a PING looks when it is over") {
  RestFixture bench;
  bench.Start();
  const auto dead = [](const std::string&) { return RestDies(); };
  bench.server.Behave(dead, dead);
  const auto lost = bench.Ask({"SET", "k", "v"});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code == ErrorCode::kStoreUnavailable);
  CHECK(bench.state() == "connecting");
  CHECK_FALSE(bench.link->available());
  bench.AwaitLines(2);
  const int commands = bench.server.commands();
  for (int i = 0; i < 10; ++i) CHECK_FALSE(bench.Ask({"GET", "k"}));
  CHECK(bench.server.commands() == commands);
  CHECK(bench.link->Status().refusals == 10);
  for (int i = 2; i < 8; ++i) {   // for ever, at most a second apart
    bench.clock.AwaitWaiters(1);  // the pause is counted from the end of the last PING
    bench.clock.Advance(1s);
    bench.AwaitPings(i);
  }
  bench.server.Behave([](const std::string&) { return RestSays(R"({"result":null})"); });
  bench.clock.AwaitWaiters(1);
  bench.clock.Advance(1s);
  REQUIRE(bench.link->AwaitReady(kNever));
  CHECK(bench.Ask({"GET", "k"})->nil());
  bench.AwaitLines(3);
  CHECK(bench.logger.Count(LogLevel::kWarn) == 1);
  CHECK(bench.logger.lines()[1].fields.find("Upstash is gone") != std::string::npos);
}

TEST_CASE("UpstashRestLink: a refused token is tried again slowly, and said once") {
  RestFixture bench;
  const auto refuse = [](const std::string&) {
    return RestSays(R"({"error":"Unauthorized"})", 401);
  };
  bench.server.Behave(refuse, refuse);
  REQUIRE(bench.link->Start());
  bench.AwaitLines(1);
  CHECK(bench.state() == "refused");
  CHECK(bench.link->Status().reason == "it refuses the token");
  bench.clock.Advance(4s);  // less than half of the pause
  bench.clock.AwaitWaiters(1);
  CHECK(bench.server.pings() == 1);
  bench.clock.Advance(6s);
  bench.AwaitPings(2);
  CHECK_FALSE(bench.Ask({"GET", "k"}));
  CHECK(bench.server.commands() == 0);
  CHECK(bench.logger.lines().size() == 1);
}

TEST_CASE("UpstashRestLink: a spent quota pauses everything for long") {
  RestFixture bench;
  bench.Start();
  bench.server.Behave([](const std::string&) {
    return RestSays(R"({"error":"ERR max requests limit exceeded. Limit: 5"})", 400);
  });
  const auto reply = bench.Ask({"GET", "k"});
  REQUIRE(reply);
  CHECK(reply->error_kind() == RespErrorKind::kQuotaSpent);
  CHECK(bench.state() == "paused");
  bench.clock.Advance(59s);
  CHECK_FALSE(bench.Ask({"GET", "k"}));
  CHECK(bench.server.commands() == 1);
  bench.server.Behave([](const std::string&) { return RestSays(R"({"result":null})"); });
  bench.clock.Advance(1s);
  REQUIRE(bench.link->AwaitReady(kNever));
  CHECK(bench.Ask({"GET", "k"})->nil());
}

TEST_CASE("UpstashRestLink: a rate limit pauses for as long as it says") {
  RestFixture bench;
  bench.Start();
  bench.server.Behave([](const std::string&) {
    auto limited = RestSays("", 429);
    limited->retry_after = 7s;
    return limited;
  });
  CHECK_FALSE(bench.Ask({"GET", "k"}));
  CHECK(bench.state() == "paused");
  bench.clock.Advance(6s);
  CHECK(bench.state() == "paused");
  bench.clock.Advance(1s);
  CHECK(bench.link->AwaitReady(kNever));
}

TEST_CASE("UpstashRestLink: a full database still answers") {
  RestFixture bench;
  bench.Start();
  bench.server.Behave([](const std::string& body) {
    if (body.find("GET") != std::string::npos) return RestSays(R"({"result":"Zm9v"})");
    return RestSays(R"({"error":"ERR DB capacity quota exceeded"})", 400);
  });
  CHECK(bench.Ask({"SET", "k", "v"})->error_kind() == RespErrorKind::kFull);
  CHECK(bench.Ask({"GET", "k"})->text == "foo");
  CHECK(bench.state() == "ready");
}
