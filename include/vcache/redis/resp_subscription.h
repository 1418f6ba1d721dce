#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/redis/ping_schedule.h"
#include "vcache/redis/redis_url.h"
#include "vcache/redis/resp_link.h"

namespace vcache::redis {

/// Callbacks of a subscription, called by its own thread, one at a time.
struct SubscriptionHandlers {
  std::function<void(std::string_view)> on_message;
  /// The subscription has begun, or begun again. Messages before this moment may be lost: check
  /// what they may have changed.
  std::function<void()> on_subscribed;
  /// The subscription is interrupted.
  std::function<void()> on_lost;
};

/// Subscribes to one channel and resubscribes for ever. Its destructor ends the thread; no handler
/// runs afterwards. A handler must not destroy it.
class Subscription {
 public:
  virtual ~Subscription() = default;

  /// Whether messages arrive now. Never blocks.
  virtual bool listening() const noexcept = 0;

  /// For whoever saw another connection to the same server die, and the server answer: makes this
  /// one prove that it lives, or subscribe anew. Never blocks; thread-safe.
  virtual void Check() = 0;
};

/// What the subscriptions of all transports have in common.
struct SubscriptionOptions : SubscriptionHandlers, RetryOptions {
  std::string channel;
  /// An answer to SUBSCRIBE or PING that takes longer ends the connection.
  std::chrono::milliseconds silence_limit{10'000};
  /// The same after `Check`.
  std::chrono::milliseconds check_limit{500};
  /// A longer message ends the connection.
  std::size_t max_message_bytes = 64 * 1024;
};

struct RespSubscriptionOptions : SubscriptionOptions {
  RedisUrl url;
  PingSchedule pings{};
  std::string client_name = "verdictcache-events";
};

/// A subscription on its own connection. Errors: as `MakeRespConnection`.
Result<std::unique_ptr<Subscription>> MakeRespSubscription(RespSubscriptionOptions options,
                                                           Clock& clock, Logger& logger);

}  // namespace vcache::redis
