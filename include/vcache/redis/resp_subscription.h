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

namespace vcache::redis {

/// What a subscription tells of its channel, from its own thread, one at a time.
struct SubscriptionHandlers {
  /// The payload of each message.
  std::function<void(std::string_view)> on_message;
  /// The channel is listened to, for the first time or again. What was published before this
  /// moment, and not handed to `on_message`, is lost: look for yourself what it may have been.
  std::function<void()> on_subscribed;
  /// The channel is not listened to any more.
  std::function<void()> on_lost;
};

/// Listens to one channel, and listens again for ever. Its destruction ends its thread; no handler
/// runs afterwards, and no handler may destroy it.
class Subscription {
 public:
  virtual ~Subscription() = default;

  /// Whether messages arrive now. Never blocks.
  virtual bool listening() const noexcept = 0;
};

struct RespSubscriptionOptions : SubscriptionHandlers {
  RedisUrl url;
  std::string channel;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  std::chrono::milliseconds refused_retry{10'000};
  PingSchedule pings{};
  /// A ping that stays unanswered for this long ends the connection.
  std::chrono::milliseconds silence_limit{10'000};
  std::string client_name = "verdictcache-events";
  /// Longer messages end the connection (rule R4).
  std::size_t max_message_bytes = 64 * 1024;
};

/// A subscription on a connection of its own.
class RespSubscription final : public Subscription {
 public:
  ~RespSubscription() override;

  bool listening() const noexcept override;

 private:
  friend Result<std::unique_ptr<RespSubscription>> MakeRespSubscription(
      RespSubscriptionOptions options, Clock& clock, Logger& logger);
  class Loop;
  explicit RespSubscription(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

/// Errors as those of `MakeRespConnection`.
Result<std::unique_ptr<RespSubscription>> MakeRespSubscription(RespSubscriptionOptions options,
                                                               Clock& clock, Logger& logger);

}  // namespace vcache::redis
