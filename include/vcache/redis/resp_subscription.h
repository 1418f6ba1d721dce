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
};

struct RespSubscriptionOptions : SubscriptionHandlers {
  RedisUrl url;
  std::string channel;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds first_retry{50};
  std::chrono::milliseconds last_retry{1'000};
  std::chrono::milliseconds refused_retry{10'000};
  PingSchedule pings{};
  /// A ping without an answer for this long ends the connection.
  std::chrono::milliseconds silence_limit{10'000};
  std::string client_name = "verdictcache-events";
  /// A longer message ends the connection.
  std::size_t max_message_bytes = 64 * 1024;
};

/// A subscription on its own connection.
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

/// Errors: as `MakeRespConnection`.
Result<std::unique_ptr<RespSubscription>> MakeRespSubscription(RespSubscriptionOptions options,
                                                               Clock& clock, Logger& logger);

}  // namespace vcache::redis
