#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/redis/resp_client.h"

namespace vcache::redis {

enum class RespState {
  kConnecting,  ///< Not connected: connecting, or waiting to try again.
  kReady,       ///< Answers.
  kSilent,      ///< Connected, but it does not answer in time or is loading; being probed.
  kRefused,     ///< It refuses us: password, user, database. Tried again slowly.
  kPaused,      ///< Connected, but the plan's quota of commands is spent.
};

std::string_view RespStateName(RespState state) noexcept;  ///< `connecting`, `ready`, ...

/// A snapshot; a plain value.
struct RespStatus {
  RespState state = RespState::kConnecting;
  /// Why it is not ready, in a sentence without secrets; empty when it is.
  std::string reason;
  SteadyTime since{};          ///< When `state` began.
  std::uint64_t connects = 0;  ///< Times that the server let us in.
  std::uint64_t commands = 0;  ///< Commands of callers that were answered.
  std::uint64_t timeouts = 0;  ///< Commands whose caller left before the reply.
  std::uint64_t refusals = 0;  ///< Calls that failed at once, because it was not ready.
  std::size_t waiting = 0;     ///< Commands queued or sent and not yet answered.
};

/// A client that looks after its way to the server by itself: it connects in the background and for
/// ever, fails calls at once while the server is away, and says how things stand. However the
/// commands travel, states, statistics and log lines are the same.
class RespLink : public RespClient {
 public:
  virtual RespStatus Status() const = 0;
  /// Waits until it is ready, for the start of the service and for tests.
  virtual bool AwaitReady(Deadline deadline) = 0;
};

}  // namespace vcache::redis
