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
  /// `UPSTASH_REDIS_REST_URL` without a trailing slash: https, or http to this machine.
  std::string url;
  Secret token;
  /// A PEM file with the certificates to trust; empty: the system's.
  std::string ca_file;
  /// `REDIS_TIMEOUT_MS`: the longest that a call waits; an earlier deadline shortens it.
  std::chrono::milliseconds command_timeout{250};
  /// For a new connection and its first PING. Callers do not wait for it.
  std::chrono::milliseconds connect_timeout{3'000};
  /// Pauses between probes double from the first to the last; jitter shortens each by up to half.
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  /// The pause after a refused token.
  std::chrono::milliseconds refused_retry{10'000};
  /// How long calls fail at once after the server has reported a spent quota.
  std::chrono::milliseconds quota_pause{60'000};
  /// How often an idle connection is pinged, so that the next call finds it open and needs no
  /// handshake. PING is not billed.
  std::chrono::milliseconds ping_interval{60'000};
  /// The most connections, each with a thread.
  std::size_t connections = 4;
  /// Calls beyond these fail at once.
  std::size_t max_waiting_commands = 16'384;
  std::size_t max_waiting_bytes = 64 * 1024 * 1024;
  /// Called on every change of state, by one of the client's threads; must not call the client.
  std::function<void(const RespStatus&)> on_state;
};

/// Redis over Upstash's REST API (https://upstash.com/docs/redis/features/restapi). Calls that come
/// while every connection is busy share the next `/pipeline` request. A request is sent once. Only
/// a request that reads is repeated, when an idle connection turns out to be closed. Words must be
/// UTF-8 (`takes_any_bytes` is false), as JSON requires. While the server is unavailable, calls
/// fail at once and one PING at a time probes it. Starts in the background and does not wait.
/// Errors: kBadConfiguration when `ca_file` cannot be read; kIo when the system refuses a thread.
/// `net::InitHttpClients` must have run. Clock and logger must outlive it; no call may run during
/// or after its destruction.
Result<std::unique_ptr<RespLink>> MakeUpstashRestClient(UpstashRestOptions options, Clock& clock,
                                                        Logger& logger);

struct UpstashRestSubscriptionOptions : SubscriptionHandlers {
  std::string url;  ///< `url`, `token` and `ca_file` as in `UpstashRestOptions`.
  Secret token;
  std::string ca_file;
  std::string channel;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  std::chrono::milliseconds refused_retry{10'000};
  /// How long the answer to SUBSCRIBE may take.
  std::chrono::milliseconds silence_limit{10'000};
  /// A stream of this age is replaced. A channel may be quiet for days, and nothing else tells a
  /// quiet stream from a dead one.
  std::chrono::milliseconds stream_life = std::chrono::minutes(30);
  /// A longer message ends the stream.
  std::size_t max_message_bytes = 64 * 1024;
};

/// Subscribes with `/subscribe`, whose answer is a stream of server-sent events. Messages are text;
/// one with a line break arrives incomplete. Errors: as `MakeUpstashRestClient`. The destructor may
/// take a second.
Result<std::unique_ptr<Subscription>> MakeUpstashRestSubscription(
    UpstashRestSubscriptionOptions options, Clock& clock, Logger& logger);

}  // namespace vcache::redis
