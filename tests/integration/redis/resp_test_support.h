#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/recording_logger.h"
#include "vcache/redis/resp_connection.h"

namespace vcache::test {

using std::chrono::milliseconds;

/// Options for `url`, with pauses fit for a test.
inline redis::RespConnectionOptions OptionsFor(const std::string& url) {
  redis::RespConnectionOptions options;
  auto parsed = redis::ParseRedisUrl(url);
  REQUIRE(parsed);
  options.url = *parsed;
  return options;
}

inline redis::RespCommand Command(std::vector<std::string> words) {
  return {std::move(words), {}};
}

/// Looks until it is so, for 10 s at most: what is waited for comes from another process or thread
/// and has no latch.
inline bool Eventually(const std::function<bool()>& holds,
                       milliseconds limit = milliseconds(10'000)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return holds();
}

/// A connection with its clock and log.
struct TestConnection {
  explicit TestConnection(redis::RespConnectionOptions options) {
    auto made = redis::MakeRespConnection(std::move(options), clock, logger);
    REQUIRE(made);
    connection = *std::move(made);
  }
  explicit TestConnection(const std::string& url) : TestConnection(OptionsFor(url)) {}

  bool AwaitReady(milliseconds limit = milliseconds(10'000)) {
    return connection->AwaitReady(Deadline::After(clock, limit));
  }
  Result<redis::RespReply> Run(std::vector<std::string> words) {
    return connection->Run(Command(std::move(words)), Deadline::Never());
  }
  Result<redis::RespReply> Run(std::vector<std::string> words, milliseconds limit) {
    return connection->Run(Command(std::move(words)), Deadline::After(clock, limit));
  }
  redis::RespStatus Status() const { return connection->Status(); }
  bool AwaitState(redis::RespState state) {
    return Eventually([&] { return Status().state == state; });
  }
  /// The reason of the first failure, once there is one; empty when it is ready instead.
  std::string AwaitReason() {
    Eventually(
        [&] { return !Status().reason.empty() || Status().state == redis::RespState::kReady; });
    return Status().reason;
  }

  SystemClock clock;
  RecordingLogger logger;
  std::unique_ptr<redis::RespConnection> connection;
};

}  // namespace vcache::test
