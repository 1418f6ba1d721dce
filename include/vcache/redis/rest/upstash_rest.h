#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"
#include "vcache/redis/resp_link.h"
#include "vcache/redis/resp_subscription.h"

namespace vcache::redis {

struct UpstashRestOptions {
  /// `UPSTASH_REDIS_REST_URL`, without a slash at the end: https, or http to this machine.
  std::string url;
  Secret token;
  /// A file of PEM certificates to trust in place of the system's; empty for the system's.
  std::string ca_file;
  /// `REDIS_TIMEOUT_MS`: a call waits for this long at most, and less with an earlier deadline.
  std::chrono::milliseconds command_timeout{250};
  /// For a new connection and the PING that opens it. Not felt by callers.
  std::chrono::milliseconds connect_timeout{3'000};
  /// Pauses between probes double from the first to the last, less up to half by
  /// chance.
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  /// After a refused token.
  std::chrono::milliseconds refused_retry{10'000};
  /// How long calls fail at once after the server said that the quota is spent.
  std::chrono::milliseconds quota_pause{60'000};
  /// An idle connection is pinged this often, so that it is there when it is needed: the first call
  /// on a new one would wait for its handshake. PING is not billed.
  std::chrono::milliseconds ping_interval{60'000};
  /// Connections at most, each with a thread.
  std::size_t connections = 4;
  /// Calls beyond these fail at once.
  std::size_t max_waiting_commands = 16'384;
  std::size_t max_waiting_bytes = 64 * 1024 * 1024;
  /// Told of every change of state, from one of the client's own threads; must not call back into
  /// it.
  std::function<void(const RespStatus&)> on_state;
};

/// Redis over Upstash's REST API (https://upstash.com/docs/redis/features/restapi). Calls that come
/// while every connection is busy travel together in the next request to `/pipeline`, so that many
/// callers share few round trips. A request is sent once; only one that reads and dies with an old
/// connection is repeated, since servers close idle ones. Words must be UTF-8
/// (`takes_any_bytes` is false): JSON carries nothing else. While the server is away calls fail at
/// once, and one PING at a time finds out when it is back.
/// Starts in the background; does not wait for an answer. kBadConfiguration when `ca_file` cannot
/// be read; kIo when the system refuses a thread. `net::InitHttpClients` must have run. Clock and
/// logger must outlive it; no call may be running or come after its destruction.
Result<std::unique_ptr<RespLink>> MakeUpstashRestClient(UpstashRestOptions options, Clock& clock,
                                                        Logger& logger);

struct UpstashRestSubscriptionOptions : SubscriptionHandlers {
  std::string url;  ///< This and the next as those of `UpstashRestOptions`.
  Secret token;
  std::string ca_file;
  std::string channel;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  std::chrono::milliseconds refused_retry{10'000};
  /// How long the answer to SUBSCRIBE may take.
  std::chrono::milliseconds silence_limit{10'000};
  /// A stream that is this old is replaced: a channel may be quiet for days, and nothing but this
  /// tells a quiet one from one whose other end is gone.
  std::chrono::milliseconds stream_life = std::chrono::minutes(30);
  /// Longer messages end the stream (rule R4).
  std::size_t max_message_bytes = 64 * 1024;
};

/// Listens by `/subscribe`, whose answer is a stream of server-sent events. Messages are text; one
/// with a line break in it is not heard whole. Errors as those of `MakeUpstashRestClient`.
/// Its destruction may take a second.
Result<std::unique_ptr<Subscription>> MakeUpstashRestSubscription(
    UpstashRestSubscriptionOptions options, Clock& clock, Logger& logger);

}  // namespace vcache::redis
