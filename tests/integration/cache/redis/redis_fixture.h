#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "support/recording_logger.h"
#include "support/redis_server.h"
#include "support/verdict_store_conformance.h"
#include "vcache/cache/redis/redis_store.h"
#include "vcache/redis/resp_connection.h"
#include "vcache/redis/rest/upstash_rest.h"

namespace vcache::test {

/// A connection to a real Redis and a store on it.
class RedisClientFixture {
 public:
  RedisClientFixture(const std::string& url, cache::KeySpace keys,
                     cache::RedisStoreOptions options = {}) {
    redis::RespConnectionOptions connection;
    connection.url = *redis::ParseRedisUrl(url);
    // The rounds of a busy machine under sanitizers are not what these tests are about.
    connection.command_timeout = std::chrono::milliseconds(5'000);
    connection_ = *redis::MakeRespConnection(connection, clock_, logger_);
    Open(std::move(keys), options);
  }
  /// The same over REST.
  RedisClientFixture(const redis::UpstashRestOptions& rest, cache::KeySpace keys,
                     cache::RedisStoreOptions options = {}) {
    connection_ = *redis::MakeUpstashRestClient(rest, clock_, logger_);
    Open(std::move(keys), options);
  }

  cache::RedisStore& store() { return *store_; }
  redis::RespLink& connection() { return *connection_; }
  SystemClock& clock() { return clock_; }
  RecordingLogger& logger() { return logger_; }

 private:
  void Open(cache::KeySpace keys, const cache::RedisStoreOptions& options) {
    REQUIRE(connection_->AwaitReady(Deadline::After(clock_, std::chrono::seconds(10))));
    store_ = cache::MakeRedisStore(options, std::move(keys), *connection_, clock_, logger_);
  }

  SystemClock clock_;
  RecordingLogger logger_;
  std::unique_ptr<redis::RespLink> connection_;
  std::unique_ptr<cache::RedisStore> store_;
};

/// A real Redis for the conformance suite: time really passes.
class RedisUnderTest : public StoreUnderTest {
 public:
  explicit RedisUnderTest(RedisServer::Options server = {},
                          cache::KeySpace keys = cache::KeySpace(),
                          cache::RedisStoreOptions options = {})
      : keys_(std::move(keys)),
        server_(std::move(server)),
        world_(server_.url(), keys_, std::move(options)) {}
  /// What leads to the server and is no TCP address.
  RedisUnderTest(const std::function<redis::UpstashRestOptions(const RedisServer&)>& way,
                 const cache::RedisStoreOptions& options, cache::KeySpace keys = cache::KeySpace())
      : keys_(std::move(keys)), world_(way(server_), keys_, options) {}

  cache::VerdictStore& store() override { return world_.store(); }
  cache::CounterStore* counters() override { return &world_.store(); }
  cache::EntryStore& entries() { return world_.store(); }
  const Clock& clock() const override { return system_clock_; }
  void PassTime(std::chrono::seconds time) override {
    std::this_thread::sleep_for(time + std::chrono::milliseconds(20));
  }
  std::chrono::seconds short_ttl() const override { return std::chrono::seconds(1); }
  // Lives are written in whole seconds.
  std::chrono::milliseconds ttl_tolerance() const override { return std::chrono::seconds(5); }
  const cache::KeySpace& keys() const override { return keys_; }
  bool SeedRaw(const std::string& store_key, const std::string& value,
               std::chrono::seconds ttl) override {
    server_.Ask({"SET", store_key, value, "EX", std::to_string(ttl.count())});
    return true;
  }
  std::optional<std::string> ReadRaw(const std::string& store_key) override {
    if (server_.Ask({"EXISTS", store_key}) == "0") return std::nullopt;
    return server_.Ask({"GET", store_key});
  }
  bool MakeUnavailable() override {
    server_.Kill();
    while (world_.store().available()) {
      // Over REST it is the next question that finds out.
      static_cast<void>(world_.store().Lookup(MakeKey(0), Deadline::Never()));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

 protected:
  RedisServer& server() { return server_; }
  RedisClientFixture& world() { return world_; }
  SystemClock& system_clock() { return system_clock_; }

 private:
  SystemClock system_clock_;
  cache::KeySpace keys_;
  RedisServer server_;
  RedisClientFixture world_;
};

/// What a call for one cent counts.
inline cache::Counters PaidCall() {
  cache::Counters counters;
  counters.at(cache::ContentKind::kAnalysis, cache::Counter::kMisses) = 1;
  counters.at(cache::ContentKind::kAnalysis, cache::Counter::kPaidCalls) = 1;
  counters.at(cache::ContentKind::kAnalysis, cache::Counter::kSpentMicros) = 10'000;
  return counters;
}

}  // namespace vcache::test
