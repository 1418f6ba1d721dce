#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/redis/ping_schedule.h"
#include "vcache/redis/redis_url.h"
#include "vcache/redis/resp_link.h"

namespace vcache::redis {

struct RespConnectionOptions {
  RedisUrl url;
  /// `REDIS_TIMEOUT_MS`: the longest that a call waits; an earlier deadline shortens it.
  std::chrono::milliseconds command_timeout{250};
  /// For each address, from connect to greeting. Callers do not wait for it: they fail at once.
  std::chrono::milliseconds connect_timeout{3'000};
  /// Pauses between attempts double from the first to the last; jitter shortens each by up to half.
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  /// The pause after a refused password or an unknown database.
  std::chrono::milliseconds refused_retry{10'000};
  /// How long calls fail at once after the server has reported a spent quota.
  std::chrono::milliseconds quota_pause{60'000};
  PingSchedule pings{};
  /// A connection is replaced when the server owes replies and sends nothing for this long.
  std::chrono::milliseconds silence_limit{10'000};
  /// Calls beyond these fail at once.
  std::size_t max_waiting_commands = 16'384;
  std::size_t max_waiting_bytes = 64 * 1024 * 1024;
  /// For CLIENT SETNAME; without spaces.
  std::string client_name = "verdictcache";
  /// Called on every change of state, by the connection's own thread; must not call the connection.
  std::function<void(const RespStatus&)> on_state;
};

struct RespBatch;

/// Commands in flight, from `RespConnection::Submit` for `Await`. Dropping it drops the replies;
/// the server still runs the commands.
struct RespTicket {
  std::shared_ptr<RespBatch> batch;
  SteadyTime begun{};
  SteadyTime until{};
  bool waits_in_full = false;  ///< `until` is the connection's limit, not the caller's.
};

/// One connection shared by many callers. Its thread writes their queued commands in batches and
/// matches replies in order, so that concurrent calls share round trips. It connects in the
/// background and retries for ever, with growing pauses; while it is not ready, calls fail at once
/// with kStoreUnavailable. The late reply to a caller that has left is dropped (rule R3). The
/// commands of one call are written together, so that one may prepare for the next (`ASKING`): all
/// of them, or none if the caller left before. Logs one line per change of state.
class RespConnection final : public RespLink {
 public:
  ~RespConnection() override;  ///< Ends the thread; no call may run or follow.

  using RespClient::Run;
  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                     Deadline deadline) override;
  bool available() const noexcept override;

  /// The two halves of `Run`, for a caller that asks several servers at once. `Submit` never
  /// blocks; `Await` waits for the replies until the deadline given to `Submit`.
  Result<RespTicket> Submit(std::span<const RespCommand> commands, Deadline deadline);
  Result<std::vector<RespReply>> Await(RespTicket ticket);

  RespStatus Status() const override;
  bool AwaitReady(Deadline deadline) override;

 private:
  friend Result<std::unique_ptr<RespConnection>> MakeRespConnection(RespConnectionOptions options,
                                                                    Clock& clock, Logger& logger);
  class Loop;
  explicit RespConnection(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

/// Starts connecting and does not wait. Errors: kBadConfiguration when the `tls_ca` file cannot be
/// read; kIo when the system refuses a thread or descriptor. Clock and logger must outlive it.
Result<std::unique_ptr<RespConnection>> MakeRespConnection(RespConnectionOptions options,
                                                           Clock& clock, Logger& logger);

}  // namespace vcache::redis
