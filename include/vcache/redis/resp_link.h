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
  kConnecting,  ///< Not connected; connecting or pausing.
  kReady,       ///< Answers.
  kSilent,      ///< Connected, but late or loading; pings probe it.
  kRefused,     ///< It refuses the password, user or database; retried slowly.
  kPaused,      ///< Connected, but the plan's quota is spent.
};

std::string_view RespStateName(RespState state) noexcept;  ///< `connecting`, `ready`, ...

struct RespStatus {
  RespState state = RespState::kConnecting;
  /// Why it is not ready, without secrets; else empty.
  std::string reason;
  SteadyTime since{};          ///< When `state` began.
  std::uint64_t connects = 0;  ///< Successful connections.
  std::uint64_t commands = 0;  ///< Callers' commands that were answered.
  std::uint64_t timeouts = 0;  ///< Commands whose caller left before the reply.
  std::uint64_t refusals = 0;  ///< Calls that failed at once, because it was not ready.
  std::size_t waiting = 0;     ///< Commands queued or sent and not yet answered.
};

/// A client that maintains its own connection: it connects in the background, retries for ever,
/// fails calls at once while the server is unavailable, and reports its state. Every transport has
/// the same states, statistics and log lines.
class RespLink : public RespClient {
 public:
  virtual RespStatus Status() const = 0;
  /// Waits until it is ready; for start-up and tests.
  virtual bool AwaitReady(Deadline deadline) = 0;
};

}  // namespace vcache::redis
