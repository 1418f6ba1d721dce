#include "vcache/redis/resp_connection.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "integration/redis/resp_test_support.h"
#include "support/redis_server.h"

using namespace vcache;        // NOLINT: a test
using namespace vcache::test;  // NOLINT: a test
using redis::RespState;

namespace {

using SteadyClock = std::chrono::steady_clock;

milliseconds Since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - start);
}

std::string WithUser(const std::string& url, const std::string& user_info) {
  const std::size_t at = url.find("://") + 3;
  return url.substr(0, at) + user_info + "@" + url.substr(at);
}

}  // namespace

TEST_CASE("RespConnection: commands over TCP, TLS and a unix socket") {
  if (!RedisServer::Available()) return;
  RedisServer plain;
  RedisServer tls({.tls = true, .certificate = {}, .arguments = {}});
  for (const std::string& url : {plain.url(), tls.url(), plain.unix_url()}) {
    CAPTURE(url);
    TestConnection redis(url);
    REQUIRE(redis.AwaitReady());
    CHECK(redis.Run({"SET", "key", std::string("a\0\r\nb", 5)})->is_status("OK"));
    CHECK(redis.Run({"GET", "key"})->text == std::string("a\0\r\nb", 5));
    CHECK(redis.Run({"GET", "no such key"})->nil());
    CHECK(redis.Run({"LPUSH", "key", "x"})->error_kind() == redis::RespErrorKind::kWrongType);
    CHECK(redis.Run({"CLIENT", "GETNAME"})->text == "verdictcache");
    CHECK(Eventually([&] { return redis.logger.lines().size() == 1; }));
  }
}

TEST_CASE("RespConnection: over IPv6, plain and TLS") {
  if (!RedisServer::Available()) return;
  for (const bool tls : {false, true}) {
    RedisServer server(
        {.tls = tls, .certificate = {}, .arguments = {"--bind", "127.0.0.1", "-::1"}});
    std::string url = server.url();
    url.replace(url.find("127.0.0.1"), 9, "[::1]");
    TestConnection redis(url);
    if (redis.AwaitReason().find("assign requested address") != std::string::npos) {
      MESSAGE("skipped: this machine has no IPv6");
      return;
    }
    REQUIRE(redis.AwaitReady());
    CHECK(redis.Run({"PING"})->is_status("PONG"));
  }
}

TEST_CASE("RespConnection: several commands of one call come back in their order") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  const std::vector<redis::RespCommand> commands = {Command({"INCR", "n"}), Command({"GET", "n"}),
                                                    Command({"BAD"}), Command({"INCR", "n"})};
  const auto replies = redis.connection->Run(commands, Deadline::Never());
  REQUIRE(replies);
  REQUIRE(replies->size() == 4);
  CHECK(replies->at(0).integer == 1);
  CHECK(replies->at(1).text == "1");
  CHECK(replies->at(2).is_error());
  CHECK(replies->at(3).integer == 2);
}

TEST_CASE("RespConnection: values of several megabytes, both ways, over TLS") {
  if (!RedisServer::Available()) return;
  RedisServer server({.tls = true, .certificate = {}, .arguments = {}});
  auto options = OptionsFor(server.url());
  options.command_timeout = milliseconds(20'000);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  const std::string value(8'000'000, 'v');
  CHECK(redis.Run({"SET", "large", value})->is_status("OK"));
  redis::RespCommand get{{"GET", "large"}, {.max_bytes = 8'000'000, .max_elements = 0}};
  CHECK(redis.connection->Run(get, Deadline::Never())->text == value);
}

TEST_CASE("RespConnection: selects the database, authenticates by password and by user") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  server.Ask({"ACL", "SETUSER", "site", "on", ">p@ss", "~*", "+@all"});
  server.Ask({"CONFIG", "SET", "requirepass", "open sesame"});
  server.UsePassword("open sesame");
  TestConnection by_password(WithUser(server.url(), ":open%20sesame") + "/3");
  REQUIRE(by_password.AwaitReady());
  CHECK(by_password.Run({"SET", "here", "3"})->is_status("OK"));
  CHECK(server.Ask({"GET", "here"}) == "(nil)");
  TestConnection by_user(WithUser(server.url(), "site:p%40ss"));
  REQUIRE(by_user.AwaitReady());
  CHECK(by_user.Run({"ACL", "WHOAMI"})->text == "site");
}

TEST_CASE("RespConnection: a refused password, user or database is said, and never shown") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  server.Ask({"CONFIG", "SET", "requirepass", "right"});
  server.UsePassword("right");
  const struct {
    std::string url;
    std::string says;
  } cases[] = {
      {server.url(), "password"},
      {WithUser(server.url(), ":SESAME"), "password is wrong"},
      {WithUser(server.url(), "nobody:SESAME"), "password is wrong"},
      {WithUser(server.url(), ":right") + "/9999", "database 9999"},
  };
  for (const auto& [url, says] : cases) {
    CAPTURE(url);
    TestConnection redis(url);
    REQUIRE(redis.AwaitState(RespState::kRefused));
    CHECK(redis.Status().reason.find(says) != std::string::npos);
    CHECK_FALSE(redis.Run({"PING"}));
    for (const auto& line : redis.logger.lines()) {
      CHECK(line.fields.find("SESAME") == std::string::npos);
    }
  }
}

TEST_CASE("RespConnection: a password that the server does not need is no reason to stay away") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  TestConnection redis(WithUser(server.url(), ":unneeded"));
  CHECK(redis.AwaitReady());
}

TEST_CASE("RespConnection: NOSCRIPT falls back to the script's text, once") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  const redis::RespScript script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  const std::vector<std::string> keys = {"n"};
  const std::vector<std::string> arguments = {"5"};
  for (int i = 1; i <= 3; ++i) {
    CHECK(script.Run(*redis.connection, keys, arguments, Deadline::Never())->integer == 5 * i);
  }
  CHECK(server.Calls("eval") == 1);
  server.Ask({"SCRIPT", "FLUSH"});
  CHECK(script.Run(*redis.connection, keys, arguments, Deadline::Never())->integer == 20);
  CHECK(server.Calls("eval") == 2);
}

TEST_CASE("RespConnection: a server that comes late is connected within two seconds") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  server.Kill();
  TestConnection redis(server.url());
  REQUIRE(Eventually([&] { return !redis.Status().reason.empty(); }));
  const auto asked = SteadyClock::now();
  const auto reply = redis.Run({"PING"});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == ErrorCode::kStoreUnavailable);
  CHECK(Since(asked) < milliseconds(50));
  std::this_thread::sleep_for(milliseconds(1500));  // let the pauses grow to their longest
  server.Start();
  const auto back = SteadyClock::now();
  REQUIRE(redis.AwaitReady());
  CHECK(Since(back) < milliseconds(2000));
  CHECK(redis.Run({"PING"})->is_status("PONG"));
  CHECK(redis.logger.Count(LogLevel::kWarn) == 1);
  CHECK(Eventually([&] { return redis.logger.Count(LogLevel::kInfo) == 1; }));
}

TEST_CASE("RespConnection: killed and restarted, it is connected again; one line for each change") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  auto options = OptionsFor(server.url());
  std::atomic<int> changes{0};
  options.on_state = [&](const redis::RespStatus&) { changes.fetch_add(1); };
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  server.Kill();
  REQUIRE(redis.AwaitState(RespState::kConnecting));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(redis.Run({"PING"}));
  server.Start();
  REQUIRE(redis.AwaitReady());
  CHECK(redis.Status().connects == 2);
  CHECK(redis.Status().refusals >= 100);
  CHECK(Eventually([&] { return changes.load() == 3; }));
  CHECK(redis.logger.lines().size() == 3);
}

TEST_CASE("RespConnection: a frozen server costs one timeout, then nothing, then answers again") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  server.Freeze();
  const auto first = SteadyClock::now();
  REQUIRE_FALSE(redis.Run({"SET", "late", "1"}));
  CHECK(Since(first) >= milliseconds(240));
  // The median, because another process may hold the machine for a moment.
  std::vector<std::chrono::nanoseconds> taken;
  for (int i = 0; i < 201; ++i) {
    const auto asked = SteadyClock::now();
    REQUIRE_FALSE(redis.Run({"GET", "x"}));
    taken.push_back(SteadyClock::now() - asked);
  }
  std::sort(taken.begin(), taken.end());
  CHECK(taken[100] < milliseconds(1));
  CHECK(redis.Status().state == RespState::kSilent);
  server.Thaw();
  const auto thawed = SteadyClock::now();
  REQUIRE(redis.AwaitReady());
  CHECK(Since(thawed) < milliseconds(2000));
  CHECK(redis.Status().connects == 1);  // the stream was never out of step
  CHECK(redis.Run({"GET", "late"})->text == "1");
  CHECK(redis.logger.Count(LogLevel::kWarn) == 1);
}

TEST_CASE("RespConnection: frozen for longer than the limit, it is left for a new connection") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  auto options = OptionsFor(server.url());
  options.silence_limit = milliseconds(300);
  options.connect_timeout = milliseconds(300);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  server.Freeze();
  CHECK_FALSE(redis.Run({"GET", "x"}));
  REQUIRE(redis.AwaitState(RespState::kConnecting));
  server.Thaw();
  REQUIRE(redis.AwaitReady());
  CHECK(redis.Status().connects == 2);
}

TEST_CASE(
    "RespConnection: a password set while connected is noticed when the connection is made anew") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  server.Ask({"CONFIG", "SET", "requirepass", "new"});
  server.UsePassword("new");
  CHECK(redis.Run({"PING"}));  // who is in stays in
  server.Ask({"CLIENT", "KILL", "TYPE", "normal"});
  REQUIRE(redis.AwaitState(RespState::kRefused));
  CHECK(redis.Status().reason.find("password") != std::string::npos);
}

TEST_CASE("RespConnection: idle, it sends nothing but a ping at each interval (rule R7)") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  auto options = OptionsFor(server.url());
  options.pings.interval = milliseconds(100);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  server.Ask({"CONFIG", "RESETSTAT"});
  REQUIRE(Eventually([&] { return server.Calls("ping") >= 3; }));
  const std::string stats = server.Ask({"INFO", "commandstats"});
  for (const char* command : {"get", "set", "select", "client|setname", "hello", "auth"}) {
    CHECK(server.Calls(command) == 0);
  }
}

TEST_CASE("RespConnection: a busy server is probed and not asked; afterwards it answers again") {
  if (!RedisServer::Available()) return;
  RedisServer server(
      {.tls = false, .certificate = {}, .arguments = {"--busy-reply-threshold", "50"}});
  TestConnection redis(server.url());
  TestConnection other(server.url());
  REQUIRE(redis.AwaitReady());
  REQUIRE(other.AwaitReady());
  CHECK_FALSE(other.Run({"EVAL", "while true do end", "0"}));
  Eventually([&] {
    (void)redis.Run({"GET", "x"});
    return redis.Status().state == RespState::kSilent;
  });
  CHECK(redis.Status().state == RespState::kSilent);
  CHECK(server.Ask({"SCRIPT", "KILL"}) == "OK");
  CHECK(redis.AwaitReady());
}

TEST_CASE("RespConnection: more callers than the bound fail at once, the others are served") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  auto options = OptionsFor(server.url());
  options.max_waiting_commands = 4;
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  const std::vector<redis::RespCommand> five(5, Command({"PING"}));
  CHECK_FALSE(redis.connection->Run(five, Deadline::Never()));
  const std::vector<redis::RespCommand> four(4, Command({"PING"}));
  CHECK(redis.connection->Run(four, Deadline::Never()));
  CHECK(redis.Status().waiting == 0);
}
