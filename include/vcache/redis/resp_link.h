#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
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
  SteadyTime since{};                      ///< When `state` began.
  std::optional<SteadyTime> away_since{};  ///< When it was last ready; empty while it is.
  std::uint64_t connects = 0;              ///< Successful connections.
  std::uint64_t commands = 0;              ///< Callers' commands that were answered.
  std::uint64_t timeouts = 0;              ///< Commands whose caller left before the reply.
  std::uint64_t refusals = 0;              ///< Calls that failed at once, because it was not ready.
  std::size_t waiting = 0;                 ///< Commands queued or sent and not yet answered.
};

/// When to connect again.
struct RetryOptions {
  /// For each address, from connect to greeting. Callers do not wait for it: they fail at once.
  std::chrono::milliseconds connect_timeout{3'000};
  /// Pauses between attempts double from the first to the last; jitter shortens each by up to half.
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  /// The pause after a refused password, token or database.
  std::chrono::milliseconds refused_retry{10'000};
};

/// What all links have in common.
struct RespLinkOptions : RetryOptions {
  /// `REDIS_TIMEOUT_MS`: the longest that a call waits; an earlier deadline shortens it.
  std::chrono::milliseconds command_timeout{250};
  /// How long calls fail at once after the server has reported a spent quota.
  std::chrono::milliseconds quota_pause{60'000};
  /// Calls beyond these fail at once.
  std::size_t max_waiting_commands = 16'384;
  std::size_t max_waiting_bytes = 64 * 1024 * 1024;
  /// Called on every change of state, by one of the link's threads; must not call the link.
  std::function<void(const RespStatus&)> on_state;
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
