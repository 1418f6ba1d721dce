#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <semaphore>
#include <string>
#include <vector>

#include "integration/redis/resp_test_support.h"
#include "support/fake_redis.h"

using namespace vcache;        // NOLINT: a test
using namespace vcache::test;  // NOLINT: a test
using redis::RespState;

namespace {

/// A server that greets, and then sends `bytes` to the first command of its first connection.
FakeRedis::Script AnswersOnceWith(std::string bytes) {
  return [bytes = std::move(bytes)](FakeRedisPeer& peer, int number) {
    peer.Greet();
    if (number > 0) return peer.AwaitEnd();
    peer.Read();
    peer.Send(bytes);
    peer.AwaitEnd();
  };
}

}  // namespace

TEST_CASE("RespConnection: a late reply is never taken for the next command's (rule R3)") {
  // The server keeps the first answer back until the second command has come, and then sends both:
  // with another content's entry first.
  FakeRedis server([](FakeRedisPeer& peer, int) {
    peer.Greet();
    const auto first = peer.Read();
    auto words = peer.Read();
    for (; !words.empty() && words[0] == "PING"; words = peer.Read()) {
      peer.SendBulk("the entry of " + first[1]);
      peer.Send("+PONG\r\n");
    }
    while (!words.empty()) {
      peer.SendBulk("the entry of " + words[1]);
      words = peer.Read();
    }
  });
  auto options = OptionsFor(server.url());
  options.command_timeout = milliseconds(60);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  CHECK_FALSE(redis.Run({"GET", "analysis:aaaa"}));
  REQUIRE(redis.AwaitReady());
  const auto second = redis.Run({"GET", "analysis:bbbb"}, milliseconds(5000));
  REQUIRE(second);
  CHECK(second->text == "the entry of analysis:bbbb");
  CHECK(server.connections() == 1);
  CHECK(redis.Status().timeouts == 1);
}

TEST_CASE("RespConnection: of many callers only those whose reply came late go without (rule R3)") {
  // Every third answer is held back beyond the timeout, and everything behind it with it, since the
  // replies of one connection come in order. Nobody ever gets another one's value.
  FakeRedis server([](FakeRedisPeer& peer, int) {
    peer.Greet();
    int count = 0;
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      if (words[0] == "PING") {
        peer.Send("+PONG\r\n");
        continue;
      }
      if (++count % 3 == 0) std::this_thread::sleep_for(milliseconds(25));
      peer.SendBulk("value of " + words[1]);
    }
  });
  auto options = OptionsFor(server.url());
  options.command_timeout = milliseconds(20);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  std::atomic<int> wrong{0};
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 30; ++i) {
        const std::string key = std::to_string(caller) + "-" + std::to_string(i);
        const auto reply = redis.Run({"GET", key});
        if (!reply) {
          redis.AwaitReady();
        } else {
          (reply->text == "value of " + key ? right : wrong).fetch_add(1);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong.load() == 0);
  CHECK(right.load() > 0);
}

TEST_CASE("RespConnection: a reply that nobody asked for closes the connection (rule R3)") {
  FakeRedis server(AnswersOnceWith("+first\r\n+second\r\n"));
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  CHECK(redis.Run({"GET", "x"})->text == "first");
  REQUIRE(Eventually([&] { return redis.Status().connects == 2; }));
  CHECK(redis.logger.lines()[1].fields.find("nobody asked") != std::string::npos);
}

TEST_CASE(
    "RespConnection: replies beyond every measure end the connection, not us (rules R4, R5)") {
  const struct {
    const char* what;
    std::string bytes;
  } cases[] = {
      {"an array of two thousand million", "*2000000000\r\n"},
      {"a string of four gigabytes", "$4000000000\r\n" + std::string(1'200'000, 'x')},
      {"a status without an end", "+" + std::string(200'000, 'x')},
      {"a length without an end", "$" + std::string(1'200'000, '1')},
      {"arrays in arrays",
       [] {
         std::string nested;
         for (int i = 0; i < 1000; ++i) nested += "*1\r\n";
         return nested;
       }()},
      {"a map of RESP3", "%1\r\n+a\r\n+b\r\n"},
      {"another protocol", "HTTP/1.1 200 OK\r\n\r\n"},
      {"noise", std::string("\x00\xff\x13\x37\r\n", 6)},
  };
  for (const auto& [what, bytes] : cases) {
    CAPTURE(what);
    FakeRedis server(AnswersOnceWith(bytes));
    auto options = OptionsFor(server.url());
    options.command_timeout = milliseconds(5000);
    TestConnection redis(options);
    REQUIRE(redis.AwaitReady());
    const auto reply = redis.Run({"GET", "x"});
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == ErrorCode::kStoreUnavailable);
    REQUIRE(Eventually([&] { return redis.Status().connects == 2; }));
  }
}

TEST_CASE("RespConnection: a connection that ends within a reply fails the callers at once") {
  FakeRedis server([](FakeRedisPeer& peer, int number) {
    peer.Greet();
    peer.Read();
    if (number == 0) peer.Send("$100\r\nonly the beginn");
  });
  auto options = OptionsFor(server.url());
  options.command_timeout = milliseconds(20'000);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  const auto started = std::chrono::steady_clock::now();
  CHECK_FALSE(redis.Run({"GET", "x"}));
  CHECK(std::chrono::steady_clock::now() - started < milliseconds(10'000));
}

TEST_CASE("RespConnection: a connection that is dead without a word is replaced within a second") {
  FakeRedis server([](FakeRedisPeer& peer, int number) {
    peer.Greet();
    if (number == 0) return peer.AwaitEnd();  // answers nothing, closes nothing
    while (!peer.Read().empty()) peer.Send("+PONG\r\n");
  });
  auto options = OptionsFor(server.url());
  options.command_timeout = milliseconds(100);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  const auto started = std::chrono::steady_clock::now();
  CHECK_FALSE(redis.Run({"PING"}));
  REQUIRE(Eventually(
      [&] { return redis.Status().connects == 2 && redis.Status().state == RespState::kReady; }));
  CHECK(std::chrono::steady_clock::now() - started < milliseconds(5'000));  // not silence_limit
  CHECK(redis.Run({"PING"}));
}

TEST_CASE("RespConnection: one that is dead without a word is found by a check, before any call") {
  FakeRedis server([](FakeRedisPeer& peer, int number) {
    peer.Greet();
    if (number == 0) return peer.AwaitEnd();
    while (!peer.Read().empty()) peer.Send("+PONG\r\n");
  });
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  const auto started = std::chrono::steady_clock::now();
  redis.connection->Check();
  REQUIRE(Eventually([&] { return redis.Status().connects == 2; }));
  CHECK(std::chrono::steady_clock::now() - started < milliseconds(5'000));  // not silence_limit
  CHECK(redis.AwaitReady());
  redis.connection->Check();
  CHECK(redis.Run({"PING"}));  // behind the check's own
  CHECK(redis.Status().connects == 2);
}

TEST_CASE("RespConnection: a slow server keeps its connection, although a second one is tried") {
  std::atomic<int> tried{0};
  std::atomic<bool> goes_on{false};
  FakeRedis server([&](FakeRedisPeer& peer, int number) {
    if (number > 0) {
      ++tried;
      return peer.AwaitEnd();  // not greeted: all of the server stands still
    }
    peer.Greet();
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      while (!goes_on) std::this_thread::yield();
      peer.Send("+PONG\r\n");
    }
  });
  auto options = OptionsFor(server.url());
  options.command_timeout = milliseconds(100);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  CHECK_FALSE(redis.Run({"PING"}));
  REQUIRE(Eventually([&] { return tried > 0; }));
  goes_on = true;
  REQUIRE(Eventually([&] { return redis.Status().state == RespState::kReady; }));
  CHECK(redis.Status().connects == 1);
  CHECK(redis.Run({"PING"}));
}

TEST_CASE("RespConnection: a server that never answers is left, and connected to anew") {
  FakeRedis server([](FakeRedisPeer& peer, int number) {
    if (number > 0) peer.Greet();
    peer.AwaitEnd();
  });
  auto options = OptionsFor(server.url());
  options.connect_timeout = milliseconds(100);
  TestConnection redis(options);
  CHECK(redis.AwaitReason().find("does not answer") != std::string::npos);
  CHECK(redis.AwaitReady());
}

TEST_CASE(
    "RespConnection: a server that lets in and throws out at once is not knocked at all the time") {
  FakeRedis server([](FakeRedisPeer& peer, int) { peer.Greet(); });
  auto options = OptionsFor(server.url());
  options.first_retry = milliseconds(20);
  options.last_retry = milliseconds(200);
  TestConnection redis(options);
  std::this_thread::sleep_for(milliseconds(1000));
  CHECK(server.connections() >= 3);
  CHECK(server.connections() < 20);
}

TEST_CASE("RespConnection: CLIENT SETNAME may fail (rule R6)") {
  FakeRedis server([](FakeRedisPeer& peer, int) {
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      peer.Send(words[0] == "CLIENT" ? "-ERR unknown command\r\n" : "+PONG\r\n");
    }
  });
  TestConnection redis(server.url());
  CHECK(redis.AwaitReady());
}

TEST_CASE("RespConnection: a server that loads its data is probed until it is done") {
  std::atomic<bool> loading{true};
  FakeRedis server([&](FakeRedisPeer& peer, int) {
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      peer.Send(loading.load()       ? "-LOADING Redis is loading the dataset in memory\r\n"
                : words[0] == "PING" ? "+PONG\r\n"
                                     : "+OK\r\n");
    }
  });
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitState(RespState::kSilent));
  CHECK(redis.Status().reason.find("LOADING") != std::string::npos);
  CHECK_FALSE(redis.Run({"GET", "x"}));
  loading.store(false);
  CHECK(redis.AwaitReady());
  CHECK(server.connections() == 1);
}

TEST_CASE("RespConnection: a spent quota stops all calls for a while") {
  std::atomic<int> commands{0};
  FakeRedis server([&](FakeRedisPeer& peer, int) {
    peer.Greet();
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      commands.fetch_add(1);
      peer.Send("-ERR max requests limit exceeded. Limit: 500000, Usage: 500000. See x\r\n");
    }
  });
  auto options = OptionsFor(server.url());
  options.quota_pause = milliseconds(3'000);  // longer than twenty calls take anywhere
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  CHECK(redis.Run({"GET", "x"})->error_kind() == redis::RespErrorKind::kQuotaSpent);
  CHECK(redis.Status().state == RespState::kPaused);
  for (int i = 0; i < 20; ++i) CHECK_FALSE(redis.Run({"GET", "x"}));
  CHECK(commands.load() == 1);
  REQUIRE(redis.AwaitReady());
  CHECK(redis.Run({"GET", "x"}));
  CHECK(commands.load() == 2);
}

TEST_CASE("RespConnection: a call without time left is not sent") {
  std::atomic<int> commands{0};
  FakeRedis server([&](FakeRedisPeer& peer, int) {
    peer.Greet();
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) commands.fetch_add(1);
  });
  TestConnection redis(server.url());
  REQUIRE(redis.AwaitReady());
  CHECK_FALSE(redis.Run({"GET", "x"}, milliseconds(0)));
  CHECK(redis.Status().state == RespState::kReady);
  CHECK(commands.load() == 0);
}

TEST_CASE("RespConnection: an old primary that has become a replica is left for the new one") {
  FakeRedis server([](FakeRedisPeer& peer, int number) {
    peer.Greet();
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      peer.Send(words[0] == "PING" ? "+PONG\r\n"
                : number == 0      ? "-READONLY You can't write against a read only replica.\r\n"
                                   : "+OK\r\n");
    }
  });
  auto options = OptionsFor(server.url());
  options.wrong_server_patience = milliseconds(50);
  TestConnection redis(options);
  REQUIRE(redis.AwaitReady());
  CHECK(Eventually([&] {
    const auto reply = redis.Run({"SET", "a", "b"});
    return reply && reply->is_status("OK");
  }));
  CHECK(server.connections() == 2);
  CHECK(redis.Status().state == RespState::kReady);
}

TEST_CASE("RespConnection: a server that stays read-only is left ever more rarely") {
  FakeRedis server([](FakeRedisPeer& peer, int) {
    peer.Greet();
    for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
      peer.Send(words[0] == "PING" ? "+PONG\r\n" : "-READONLY\r\n");
    }
  });
  auto options = OptionsFor(server.url());
  options.wrong_server_patience = milliseconds(20);
  TestConnection redis(options);
  const SystemClock clock;
  const auto until = clock.Now() + milliseconds(1'500);
  while (clock.Now() < until) {
    if (redis.AwaitReady()) (void)redis.Run({"SET", "a", "b"});
  }
  CHECK(server.connections() >= 3);
  CHECK(server.connections() <= 8);  // 20, 40, 80, ... 1,280 ms and the pauses between
}
