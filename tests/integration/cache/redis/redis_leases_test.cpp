#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "integration/cache/redis/redis_fixture.h"
#include "support/fake_redis.h"
#include "support/never.h"
#include "vcache/cache/lease_notifier.h"
#include "vcache/cache/lease_store.h"
#include "vcache/cache/store_events.h"
#include "vcache/redis/resp_subscription.h"

using namespace vcache;         // NOLINT: a test
using namespace vcache::cache;  // NOLINT: a test
using namespace std::chrono_literals;
using test::kNever;
using test::MakeKey;
using test::MakePut;
using test::RedisServer;

namespace {

const CacheKey kContent = MakeKey(1);

LeaseRequest Asking(const std::string& token, std::chrono::milliseconds life = 60s) {
  return {kContent, token, life};
}

PutRequest PaidUnder(const std::string& token) {
  PutRequest request = MakePut(kContent, 1h);
  request.counters.at(ContentKind::kAnalysis, Counter::kPaidCalls) = 1;
  request.lease_token = token;
  return request;
}

std::string Lease(const RedisServer& server) {
  return server.Ask({"GET", "lease:{" + kContent.ToString() + "}"});
}

/// Listens to the channel and hands what it hears to a LeaseNotifier.
class Radio {
 public:
  Radio(const std::string& url, LeaseNotifier& notifier, Clock& clock) {
    redis::RespSubscriptionOptions options;
    options.url = *redis::ParseRedisUrl(url);
    options.channel = EventChannel("", 0);
    options.on_message = [this, &notifier](std::string_view message) {
      const auto event = DecodeEvent(message);
      if (!event) return;
      ++heard;
      notifier.Announce(event->subject);
    };
    options.on_subscribed = [this] { on_air = true; };
    subscription_ = *redis::MakeRespSubscription(options, clock, NullLogger());
    while (!on_air) std::this_thread::yield();
  }
  std::atomic<bool> on_air{false};
  std::atomic<int> heard{0};

 private:
  std::unique_ptr<redis::Subscription> subscription_;
};

}  // namespace

TEST_CASE("RedisStore: a lease is given to one, and again when it is released by its owner") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture one(server.url(), KeySpace());
  test::RedisClientFixture two(server.url(), KeySpace());
  const Claim first = one.store().ClaimLease(Asking("aa"), kNever);
  CHECK(first.state == LeaseState::kOurs);
  CHECK(first.found.outcome == LookupOutcome::kMiss);
  CHECK(two.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kTheirs);
  const int life = std::stoi(server.Ask({"PTTL", "lease:{" + kContent.ToString() + "}"}));
  CHECK(life > 50'000);
  CHECK(life <= 60'000);

  CHECK(two.store().Release(kContent, "bb", std::nullopt, kNever));
  CHECK(two.store().Release(kContent, "aa+", std::nullopt, kNever));
  CHECK(Lease(server) == "aa");
  CHECK(one.store().Release(kContent, "aa", std::nullopt, kNever));
  CHECK(two.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kOurs);
}

TEST_CASE("RedisStore: keeping a verdict ends the lease; whoever claims next finds the verdict") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  REQUIRE(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
  CHECK(world.store().Put(PaidUnder("aa"), kNever));
  CHECK(Lease(server) == "(nil)");
  const Claim next = world.store().ClaimLease(Asking("bb"), kNever);
  CHECK(next.state == LeaseState::kOurs);
  CHECK(next.found.outcome == LookupOutcome::kHit);
  // Late, after the lease ran out and was given to another: the verdict is kept, the lease stays.
  CHECK(world.store().Put(PaidUnder("aa"), kNever));
  CHECK(Lease(server) == "bb");
}

TEST_CASE("RedisStore: a renewal gives a lease its whole life, puts a lost one back, and no more") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const std::string name = "lease:{" + kContent.ToString() + "}";
  REQUIRE(world.store().ClaimLease(Asking("aa", 5s), kNever).state == LeaseState::kOurs);
  REQUIRE(world.store().RequestNotification(kContent, kNever).value());
  CHECK(world.store().Renew(Asking("aa", 60s), kNever).value() == true);
  CHECK(Lease(server) == "aa+");
  CHECK(std::stoi(server.Ask({"PTTL", name})) > 50'000);
  CHECK(world.store().Renew(Asking("bb", 60s), kNever).value() == false);
  CHECK(Lease(server) == "aa+");
  server.Ask({"DEL", name});
  CHECK(world.store().Renew(Asking("aa", 60s), kNever).value() == true);
  CHECK(Lease(server) == "aa");
  CHECK(std::stoi(server.Ask({"PTTL", name})) > 50'000);
  Error failure{ErrorCode::kVendorUnavailable, "it failed"};
  failure.retry_after = 10s;
  CHECK(world.store().Release(kContent, "aa", failure, kNever));
  CHECK(world.store().Renew(Asking("aa", 60s), kNever).value() == false);
  CHECK(world.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kFailed);
}

TEST_CASE("RedisStore: a verdict leaves another's lease at most one life, and no failure") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const std::string name = "lease:{" + kContent.ToString() + "}";
  server.Ask({"SET", name, "another", "PX", "20000"});
  CHECK(world.store().Put(PaidUnder("aa"), kNever));
  CHECK(Lease(server) == "another");
  CHECK(std::stoi(server.Ask({"PTTL", name})) <= 40'000);
  server.Ask({"SET", name, "!{}", "PX", "20000"});
  CHECK(world.store().Put(PaidUnder("aa"), kNever));
  CHECK(Lease(server) == "(nil)");
}

TEST_CASE("RedisStore: a lease is ended by the stored name of its content") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  const KeySpace keys({.prefix = "site:", .secret = Secret("of the names")});
  test::RedisClientFixture world(server.url(), keys);
  REQUIRE(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
  const std::string name = keys.NameOf(kContent);
  CHECK(world.store().ReleaseNamed(name, "bb", kNever));
  CHECK(world.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kTheirs);
  CHECK(world.store().ReleaseNamed(name, "aa", kNever));
  CHECK(world.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kOurs);
}

TEST_CASE("RedisStore: a lease ends by itself, and exactly one of many takes it over") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  REQUIRE(world.store().ClaimLease(Asking("dead", 100ms), kNever).state == LeaseState::kOurs);
  std::atomic<int> owners{0};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back([&, i] {
      const std::string token = "t" + std::to_string(i);
      for (int tries = 0; tries < 100; ++tries) {
        if (world.store().ClaimLease(Asking(token), kNever).state == LeaseState::kOurs) {
          ++owners;
          return;
        }
        std::this_thread::sleep_for(10ms);
      }
    });
  }
  for (auto& thread : crowd) thread.join();
  CHECK(owners == 1);
}

TEST_CASE("RedisStore: news of a call's end comes to those who asked, and to nobody else") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  LeaseNotifier notifier(KeySpace(), world.clock());
  Radio radio(server.url(), notifier, world.clock());
  CHECK_FALSE(*world.store().RequestNotification(kContent, kNever));

  REQUIRE(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
  CHECK(world.store().Put(PaidUnder("aa"), kNever));  // nobody asked
  REQUIRE(world.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kOurs);
  const auto ear = notifier.Listen(kContent);
  CHECK(*world.store().RequestNotification(kContent, kNever));
  CHECK(*world.store().RequestNotification(kContent, kNever));
  CHECK(Lease(server) == "bb+");
  CHECK(world.store().ClaimLease(Asking("cc"), kNever).state == LeaseState::kTheirs);
  CHECK(world.store().Put(PaidUnder("bb"), kNever));
  CHECK(ear->Await(Deadline::After(world.clock(), 10s)));
  CHECK(radio.heard == 1);
  CHECK(Lease(server) == "(nil)");
}

TEST_CASE("RedisStore: a failure is told to the other replicas for as long as its pause") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  REQUIRE(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
  Error failure{ErrorCode::kVendorInvalidAnswer, "The vendor sent\nnonsense.", Charge::kUnknown};
  failure.retry_after = 1s;
  failure.public_message = "The vendor's answer\nis none.";
  CHECK(world.store().Release(kContent, "aa", failure, kNever));
  const Claim told = world.store().ClaimLease(Asking("bb"), kNever);
  CHECK(told.state == LeaseState::kFailed);
  REQUIRE(told.failure);
  CHECK(told.failure->code == ErrorCode::kVendorInvalidAnswer);
  CHECK(told.failure->message == "The vendor sent\\x0anonsense.");
  CHECK(told.failure->public_message == "The vendor's answer\\x0ais none.");
  CHECK(told.failure->charge == Charge::kNone);  // it is that call's, not ours
  CHECK(told.failure->retry_after == 1s);
  CHECK_FALSE(*world.store().RequestNotification(kContent, kNever));
  std::this_thread::sleep_for(1100ms);
  CHECK(world.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kOurs);
}

TEST_CASE(
    "RedisStore: a failure holds back its own vendors; one replica with others gets the lease") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  REQUIRE(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
  Error failure{ErrorCode::kVendorTimeout, "too slow"};
  failure.retry_after = 20s;
  failure.failed_vendors = {"hive", "sapling"};
  CHECK(world.store().Release(kContent, "aa", failure, kNever));
  const auto claim = [&](const char* token, std::vector<std::string> vendors) {
    LeaseRequest request = Asking(token);
    request.vendors = std::move(vendors);
    return world.store().ClaimLease(request, kNever);
  };
  CHECK(claim("bb", {}).state == LeaseState::kFailed);
  const Claim held = claim("bb", {"sapling"});
  CHECK(held.state == LeaseState::kFailed);
  CHECK(held.failure->failed_vendors == failure.failed_vendors);
  const Claim granted = claim("cc", {"sapling", "openai"});
  CHECK(granted.state == LeaseState::kOurs);
  CHECK(granted.is_new);
  CHECK(granted.found.outcome == LookupOutcome::kMiss);
  CHECK(granted.failure->failed_vendors == failure.failed_vendors);
  CHECK(Lease(server) == "cc");
  CHECK(std::stoi(server.Ask({"PTTL", "lease:{" + kContent.ToString() + "}"})) > 50'000);
  CHECK(claim("dd", {"openai"}).state == LeaseState::kTheirs);
}

TEST_CASE("RedisStore: what holds a content back is told with the lease until a clear of it") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace({.prefix = "p:"}));
  const auto claimed = [&] { return world.store().ClaimLease(Asking("aa"), kNever).found; };
  CHECK_FALSE(claimed().charged_failure);
  const WallTime until = WallTime(std::chrono::seconds(4'000'000'000));
  CHECK(world.store().HoldBack(kContent, {{"hive"}, 64s, until}, kNever));
  const auto held = claimed().charged_failure;
  REQUIRE(held);
  CHECK(held->vendors == std::vector<std::string>{"hive"});
  CHECK(held->pause == 64s);
  CHECK(held->until == until);
  const std::string key = "p:failed:{p:" + kContent.ToString() + "}";
  CHECK(std::stoll(server.Ask({"TTL", key})) > 1'000'000);
  const auto clear = [&](std::string_view pattern, ClearMode mode) {
    return world.store().Clear(*KeyPattern::Parse(pattern), mode, kNever)->total();
  };
  CHECK(clear("*", ClearMode::kDryRun) == 0);
  CHECK(clear(kContent.kind == ContentKind::kText ? "analysis:*" : "text:*", ClearMode::kDelete) ==
        0);
  CHECK(claimed().charged_failure);
  CHECK(clear(kContent.ToString(), ClearMode::kDelete) == 0);  // it is no entry
  CHECK_FALSE(claimed().charged_failure);
  server.Ask({"SET", key, "garbage"});
  CHECK_FALSE(claimed().charged_failure);
}

TEST_CASE("RedisStore: whatever else lies under a lease's key is somebody's lease") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const std::string key = "lease:{" + kContent.ToString() + "}";
  server.Ask({"SET", key, "!{not json"});
  CHECK(world.store().ClaimLease(Asking("aa"), kNever).failure->code ==
        ErrorCode::kVendorUnavailable);
  server.Ask({"SET", key, R"(!{"code":"bad_request","message":7,"untilMs":1e300})"});
  CHECK(world.store().ClaimLease(Asking("aa"), kNever).failure->retry_after == 1s);
  server.Ask({"DEL", key});
  server.Ask({"HSET", key, "a", "b"});
  CHECK(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kTheirs);
}

TEST_CASE("RedisStore: no lease is given by a server that takes no writes or does not answer") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  server.Ask({"CONFIG", "SET", "maxmemory", "1"});
  const Claim full = world.store().ClaimLease(Asking("aa"), kNever);
  CHECK(full.state == LeaseState::kNotGranted);
  CHECK(full.found.outcome == LookupOutcome::kMiss);
  CHECK(full.is_shared);
  server.Kill();
  while (world.store().available()) std::this_thread::yield();
  const Claim away = world.store().ClaimLease(Asking("aa"), kNever);
  CHECK(away.state == LeaseState::kUnavailable);
  CHECK(away.found.outcome == LookupOutcome::kUnavailable);
  CHECK_FALSE(world.store().RequestNotification(kContent, kNever));
  CHECK_FALSE(world.store().Release(kContent, "aa", std::nullopt, kNever));
}

TEST_CASE("RedisStore: a server that takes no writes still shows who pays and what failed") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  const std::string key = "lease:{" + kContent.ToString() + "}";
  server.Ask({"SET", key, "aa"});
  server.Ask({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
  CHECK_FALSE(world.store().ClaimLease(Asking("aa"), kNever).is_new);
  CHECK(world.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kTheirs);
}

TEST_CASE("RedisStore: leases and their end cost what a hosted Redis bills, and no more") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  REQUIRE(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
  REQUIRE(world.store().Put(PaidUnder("aa"), kNever));  // teaches the server the script
  REQUIRE(server.Ask({"DEL", kContent.ToString()}) == "1");
  server.Ask({"CONFIG", "RESETSTAT"});
  CHECK(world.store().Lookup(kContent, kNever).outcome == LookupOutcome::kMiss);
  CHECK(world.store().ClaimLease(Asking("bb"), kNever).state == LeaseState::kOurs);
  CHECK(world.store().Put(PaidUnder("bb"), kNever));
  CHECK(server.Calls("get") + server.Calls("mget") + server.Calls("set") + server.Calls("evalsha") +
            server.Calls("hset") + server.Calls("getdel") ==
        7);
  CHECK(server.Calls("publish") == 0);
}

TEST_CASE("Leases in Redis: a damaged reply does not make the own lease another's") {
  for (const char* damaged : {"*4\r\n$-1\r\n$2\r\nab\r\n$-1\r\n$-1\r\n",
                              "*4\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n", "+OK\r\n"}) {
    CAPTURE(damaged);
    std::atomic<int> claims{0};
    test::FakeRedis server([&](test::FakeRedisPeer& peer, int) {
      peer.Greet();
      for (auto words = peer.Read(); !words.empty(); words = peer.Read()) {
        if (words[0] == "SET") {
          peer.Send(++claims == 1 ? "+OK\r\n" : "$-1\r\n");
        } else {
          peer.Send(claims <= 2 ? damaged : "*4\r\n$-1\r\n$2\r\naa\r\n$-1\r\n$-1\r\n");
        }
      }
    });
    test::RedisClientFixture world(server.url(), KeySpace());
    CHECK(world.store().ClaimLease(Asking("aa"), kNever).state == LeaseState::kOurs);
    CHECK(claims == 3);
  }
}

TEST_CASE("RedisStore: a partial verdict's answers outlive it, for the call that completes it") {
  if (!RedisServer::Available()) return;
  RedisServer server;
  test::RedisClientFixture world(server.url(), KeySpace());
  Entry entry = *test::MakeEntry(kContent, 87.5);
  entry.verdict.partial = true;
  PutRequest request;
  request.entry = std::make_shared<const Entry>(entry);
  request.ttl = 2s;
  request.answers_ttl = 1'000s;
  CHECK(world.store().Put(request, kNever));
  const LookupResult fresh = world.store().Lookup(kContent, kNever);
  CHECK(fresh.outcome == LookupOutcome::kHit);
  CHECK(fresh.ttl <= 2s);
  CHECK(std::stoi(server.Ask({"TTL", kContent.ToString()})) > 900);
  std::this_thread::sleep_for(2100ms);
  const LookupResult over = world.store().ClaimLease(Asking("aa"), kNever).found;
  CHECK(over.outcome == LookupOutcome::kMiss);
  REQUIRE(over.earlier);
  CHECK(over.earlier->verdict.ai_score == 87.5);
  CHECK(world.store().Clear(KeyPattern::All(), ClearMode::kDelete, kNever)->total() == 1);
  CHECK_FALSE(world.store().Lookup(kContent, kNever).earlier);
}
