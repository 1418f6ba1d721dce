#include "app/wiring/event_feed.h"

#include <string_view>
#include <utility>
#include <vector>

#include "vcache/redis/resp_subscription.h"

namespace vcache::app {
namespace {

class RedisEventFeed final : public EventFeed {
 public:
  RedisEventFeed(const cache::RemoteEvents::Parts& parts, Logger& logger)
      : events_(parts), clock_(parts.clock), logger_(logger) {}
  ~RedisEventFeed() override {
    if (recovery_ != nullptr) recovery_->Tell({});
  }

  Result<void> Start(const SharedLink& link, const std::string& channel) {
    auto subscribed = Subscribe(link, channel);
    if (!subscribed) return subscribed;
    recovery_ = link.recovery.get();
    recovery_->Tell([this] {
      for (const auto& subscription : subscriptions_) subscription->Check();
    });
    return {};
  }

 private:
  Result<void> Subscribe(const SharedLink& link, const std::string& channel) {
    for (const redis::RedisUrl& url : link.event_urls) {
      redis::RespSubscriptionOptions options;
      options.url = url;
      options.channel = channel;
      options.pings = link.event_pings;
      Handle(options, *link.client);
      auto made = Keep(redis::MakeRespSubscription(std::move(options), clock_, logger_));
      if (!made) return made;
    }
    if (!link.rest_events) return {};
    redis::UpstashRestSubscriptionOptions options = *link.rest_events;
    options.channel = channel;
    Handle(options, *link.client);
    return Keep(redis::MakeUpstashRestSubscription(std::move(options), clock_, logger_));
  }

  void Handle(redis::SubscriptionHandlers& handlers, redis::RespClient& client) {
    handlers.on_message = [this](std::string_view message) { events_.OnMessage(message); };
    handlers.on_subscribed = [this] { events_.OnListening(); };
    handlers.on_lost = [&client] { client.Check(); };
  }
  template <typename Made>
  Result<void> Keep(Made made) {
    if (!made) return std::move(made).error();
    subscriptions_.push_back(*std::move(made));
    return {};
  }

  cache::RemoteEvents events_;
  Clock& clock_;
  Logger& logger_;
  LinkRecovery* recovery_ = nullptr;
  std::vector<std::unique_ptr<redis::Subscription>> subscriptions_;  // end before what they call
};

}  // namespace

std::unique_ptr<EventFeed> MakeEventFeed(const SharedLink& link, const std::string& channel,
                                         const cache::RemoteEvents::Parts& parts, Logger& logger) {
  auto feed = std::make_unique<RedisEventFeed>(parts, logger);
  if (const auto started = feed->Start(link, channel); !started) {
    logger.Error("Other replicas are not heard: what they clear may be served here for a while",
                 {{"reason", started.error().message}});
    return nullptr;
  }
  return feed;
}

}  // namespace vcache::app
