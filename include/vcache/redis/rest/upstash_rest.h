#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/core/secret.h"
#include "vcache/redis/resp_link.h"
#include "vcache/redis/resp_subscription.h"

namespace vcache::redis {

/// Where the API is, and with what it is asked.
struct UpstashRestAddress {
  /// `UPSTASH_REDIS_REST_URL` without a trailing slash: https, or http to this machine.
  std::string url;
  Secret token;
  /// A PEM file with the certificates to trust; empty: the system's.
  std::string ca_file;
};

struct UpstashRestOptions : RespLinkOptions, UpstashRestAddress {
  /// How often an idle connection is pinged, so that the next call finds it open and needs no
  /// handshake. PING is not billed.
  std::chrono::milliseconds ping_interval{60'000};
  /// The most connections, each with a thread.
  std::size_t connections = 4;
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

struct UpstashRestSubscriptionOptions : SubscriptionOptions, UpstashRestAddress {
  /// A stream of this age is replaced. A channel may be quiet for days, and nothing else tells a
  /// quiet stream from a dead one.
  std::chrono::milliseconds stream_life = std::chrono::minutes(30);
};

/// Subscribes with `/subscribe`, whose answer is a stream of server-sent events. Messages are text;
/// one with a line break arrives incomplete. Errors: as `MakeUpstashRestClient`. The destructor may
/// take a second.
Result<std::unique_ptr<Subscription>> MakeUpstashRestSubscription(
    UpstashRestSubscriptionOptions options, Clock& clock, Logger& logger);

}  // namespace vcache::redis
