#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/redis/ping_schedule.h"
#include "vcache/redis/redis_url.h"
#include "vcache/redis/resp_link.h"

namespace vcache::redis {

struct RespConnectionOptions : RespLinkOptions {
  RedisUrl url;
  PingSchedule pings{};
  /// A connection is replaced when the server owes replies and sends nothing for this long.
  std::chrono::milliseconds silence_limit{10'000};
  /// A server that is read-only, or not ready, on a connection older than this is left and its
  /// address resolved anew: after a fail-over it may lead elsewhere. Doubled each time, up to 5
  /// min.
  std::chrono::milliseconds wrong_server_patience{250};
  /// For CLIENT SETNAME; without spaces.
  std::string client_name = "verdictcache";
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
class RespConnection : public RespLink {
 public:
  using RespClient::Run;

  /// The two halves of `Run`, for a caller that asks several servers at once. `Submit` never
  /// blocks; `Await` waits for the replies until the deadline given to `Submit`.
  virtual Result<RespTicket> Submit(std::span<const RespCommand> commands, Deadline deadline) = 0;
  virtual Result<std::vector<RespReply>> Await(RespTicket ticket) = 0;
};

/// Starts connecting and does not wait. Errors: kBadConfiguration when the `tls_ca` file cannot be
/// read; kIo when the system refuses a thread or descriptor. Clock and logger must outlive it; its
/// destructor ends the thread, and no call may run or follow.
Result<std::unique_ptr<RespConnection>> MakeRespConnection(RespConnectionOptions options,
                                                           Clock& clock, Logger& logger);

}  // namespace vcache::redis
