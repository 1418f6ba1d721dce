#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "integration/redis/resp_test_support.h"
#include "support/never.h"
#include "support/recording_logger.h"
#include "vcache/redis/rest/upstash_rest.h"

namespace vcache::test {

/// A client over REST on the machine's clock.
struct RestFixture {
  enum class Wait { kForReady, kForTrouble };

  explicit RestFixture(const redis::UpstashRestOptions& options, Wait wait = Wait::kForReady) {
    auto made = redis::MakeUpstashRestClient(options, clock, logger);
    REQUIRE(made);
    link = *std::move(made);
    if (wait == Wait::kForReady) {
      REQUIRE(link->AwaitReady(Deadline::After(clock, std::chrono::seconds(20))));
    } else {
      REQUIRE(Eventually([&] { return !link->Status().reason.empty(); }));
    }
  }
  Result<redis::RespReply> Ask(std::vector<std::string> words, Deadline deadline = kNever) {
    return link->Run(redis::RespCommand{std::move(words), {}}, deadline);
  }
  bool AwaitState(redis::RespState state) {
    return Eventually([&] { return link->Status().state == state; });
  }

  SystemClock clock;
  RecordingLogger logger;
  std::unique_ptr<redis::RespLink> link;
};

}  // namespace vcache::test
