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
  /// `REDIS_TIMEOUT_MS`: a call waits for this long at most, and less with an earlier deadline.
  std::chrono::milliseconds command_timeout{250};
  /// For each address, connect to greeting. Not felt by callers: they fail at once meanwhile.
  std::chrono::milliseconds connect_timeout{3'000};
  /// Pauses between attempts double from the first to the last, less up to half by
  /// chance.
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  /// After a refused password or an unknown database.
  std::chrono::milliseconds refused_retry{10'000};
  /// How long calls fail at once after the server said that the quota is spent.
  std::chrono::milliseconds quota_pause{60'000};
  PingSchedule pings{};
  /// A server that says nothing for this long while it owes replies is left for a new connection.
  std::chrono::milliseconds silence_limit{10'000};
  /// Calls beyond these fail at once.
  std::size_t max_waiting_commands = 16'384;
  std::size_t max_waiting_bytes = 64 * 1024 * 1024;
  /// For CLIENT SETNAME; without spaces.
  std::string client_name = "verdictcache";
  /// Told of every change of state, from the connection's own thread; must not call back into it.
  std::function<void(const RespStatus&)> on_state;
};

struct RespBatch;

/// Commands under way: what `RespConnection::Submit` gives and `Await` takes. Dropping it drops the
/// replies; the commands are carried out all the same.
struct RespTicket {
  std::shared_ptr<RespBatch> batch;
  SteadyTime begun{};
  SteadyTime until{};
  bool waits_in_full = false;  ///< `until` is the connection's own limit, not the caller's.
};

/// One connection that many callers share: their commands are queued, written in batches by a
/// thread of its own and matched with the replies in order, so that concurrent calls share round
/// trips. Connects in the background and for ever, with pauses that grow; while it is not ready
/// calls fail at once with kStoreUnavailable. A caller that leaves at its deadline leaves its place
/// behind, and the late reply is dropped (rule R3). The commands of one call are written next to
/// each other, so that one may prepare the connection for the next (`ASKING`); all of them, or none
/// when the caller has left before. One log line for each change of state.
class RespConnection final : public RespLink {
 public:
  ~RespConnection() override;  ///< Ends the thread; no call may be running or come after.

  using RespClient::Run;
  Result<std::vector<RespReply>> Run(std::span<const RespCommand> commands,
                                     Deadline deadline) override;
  bool available() const noexcept override;

  /// The two halves of `Run`, for who asks several servers at once: `Submit` never blocks, `Await`
  /// waits for the replies until the deadline that `Submit` was given.
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

/// Starts connecting; does not wait for it. kBadConfiguration when the file of `tls_ca` cannot be
/// read; kIo when the system refuses a thread or descriptor. Clock and logger must outlive it.
Result<std::unique_ptr<RespConnection>> MakeRespConnection(RespConnectionOptions options,
                                                           Clock& clock, Logger& logger);

}  // namespace vcache::redis
