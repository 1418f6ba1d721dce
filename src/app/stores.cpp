#include "app/stores.h"

#include <string_view>
#include <utility>

#include "vcache/cache/remote_events.h"
#include "vcache/cache/store_events.h"
#include "vcache/net/resp_connection.h"
#include "vcache/net/resp_subscription.h"
#include "vcache/net/upstash_rest.h"

namespace vcache::app {
namespace {

cache::EntryFormatOptions FormatOf(const config::CacheSettings& cache) {
  cache::EntryFormatOptions format;
  format.compress_min_bytes = cache.compress_min_bytes;
  return format;
}

Result<void> OpenLocalStore(Stores& stores, const config::Settings& settings, Clock& clock,
                            Logger& logger) {
  const config::CacheSettings& cache = settings.cache;
  if (cache.directory.empty()) return {};
  cache::SqliteStoreOptions options;
  options.directory = cache.directory;
  options.format = FormatOf(cache);
  options.accept_demo = IsDemo(settings);
  Result<std::unique_ptr<cache::SqliteStore>> store =
      cache::OpenSqliteStore(std::move(options), KeySpaceOf(settings), clock, logger);
  if (store) {
    stores.local = std::move(store).value();
    stores.local_state = LocalStore::kOpen;
    return {};
  }
  // A directory that cannot be used is a mistake to mend before serving; a damaged file is an
  // accident that must not keep the site from its analyses.
  if (store.error().code == ErrorCode::kBadConfiguration) return std::move(store).error();
  logger.Error("The local store cannot be opened; going on without it",
               {{"reason", store.error().message}});
  stores.local_state = LocalStore::kBroken;
  return {};
}

Error Of(std::string_view variable, const Error& error) {
  return {ErrorCode::kBadConfiguration, std::string(variable) + ": " + error.message};
}

Result<void> ConnectRedis(Stores& stores, const config::RedisSettings& redis, Clock& clock,
                          Logger& logger) {
  constexpr std::string_view kVariable = "REDIS_URL";
  Result<net::RedisUrl> url = net::ParseRedisUrl(redis.url.Reveal());
  if (!url) return Of(kVariable, url.error());
  stores.redis_name = url->Display();
  stores.redis_url = *url;
  net::RespConnectionOptions options;
  options.url = std::move(*url);
  options.command_timeout = redis.timeout;
  auto connected = net::MakeRespConnection(std::move(options), clock, logger);
  if (!connected) return Of(kVariable, connected.error());
  stores.connection = std::move(*connected);
  return {};
}

Result<void> ConnectRest(Stores& stores, const config::RedisSettings& redis, Clock& clock,
                         Logger& logger) {
  net::UpstashRestOptions options;
  options.url = redis.rest_url;
  options.token = redis.rest_token;
  options.ca_file = redis.rest_ca;
  options.command_timeout = redis.timeout;
  auto connected = net::MakeUpstashRestClient(std::move(options), clock, logger);
  if (!connected) return Of("UPSTASH_REDIS_REST_CA", connected.error());
  stores.redis_name = redis.rest_url;
  stores.backend = "upstash-rest";
  stores.connection = std::move(*connected);
  return {};
}

Result<void> OpenRedis(Stores& stores, const config::Settings& settings, Clock& clock,
                       Logger& logger) {
  if (!settings.redis.is_shared()) return {};
  auto connected = settings.redis.url.empty() ? ConnectRest(stores, settings.redis, clock, logger)
                                              : ConnectRedis(stores, settings.redis, clock, logger);
  if (!connected) return connected;
  cache::RedisStoreOptions options;
  options.format = FormatOf(settings.cache);
  options.accept_demo = IsDemo(settings);
  stores.redis = cache::MakeRedisStore(std::move(options), KeySpaceOf(settings), *stores.connection,
                                       clock, logger);
  stores.event_channel = KeySpaceOf(settings).prefix() + std::string(cache::kEventChannel);
  stores.failover =
      std::make_unique<cache::FailoverStore>(*stores.redis, stores.local.get(), clock, logger);
  return {};
}

/// A subscription and what it calls.
class RedisEventFeed final : public EventFeed {
 public:
  explicit RedisEventFeed(const cache::RemoteEvents::Parts& parts) : events_(parts) {}

  Result<void> Start(net::RespSubscriptionOptions options, Clock& clock, Logger& logger) {
    options.on_message = [this](std::string_view message) { events_.OnMessage(message); };
    options.on_subscribed = [this] { events_.OnListening(); };
    auto subscription = net::MakeRespSubscription(std::move(options), clock, logger);
    if (!subscription) return std::move(subscription).error();
    subscription_ = std::move(*subscription);
    return {};
  }

 private:
  cache::RemoteEvents events_;
  std::unique_ptr<net::RespSubscription> subscription_;  // ends before what it calls
};

}  // namespace

bool IsDemo(const config::Settings& settings) {
  return !settings.detection.sandbox_url.empty();
}

cache::KeySpace KeySpaceOf(const config::Settings& settings) {
  return cache::KeySpace(
      {settings.cache.key_prefix + (IsDemo(settings) ? "demo:" : ""), settings.cache.key_secret});
}

cache::VerdictStore* Stores::verdicts() const {
  if (failover != nullptr) return failover.get();
  return local.get();
}

cache::CounterStore* Stores::counters() const {
  if (failover != nullptr) return failover.get();
  return local.get();
}

std::unique_ptr<EventFeed> Stores::Listen(cache::TieredStore& tiers, cache::LeaseNews& news,
                                          Clock& clock, Logger& logger) const {
  if (failover == nullptr || !redis_url) return nullptr;
  auto feed = std::make_unique<RedisEventFeed>(
      cache::RemoteEvents::Parts{*redis, *failover, tiers, news, clock});
  net::RespSubscriptionOptions options;
  options.url = *redis_url;
  options.channel = event_channel;
  if (const auto started = feed->Start(std::move(options), clock, logger); !started) {
    logger.Error("Other replicas are not heard: what they clear may be served here for a while",
                 {{"reason", started.error().message}});
    return nullptr;
  }
  return feed;
}

api::BackingStore Stores::Describe() const {
  api::BackingStore backing;
  backing.store = verdicts();
  if (failover == nullptr) return backing;
  backing.backend = backend;
  backing.serving = "connected";
  backing.has_fallback = local != nullptr;
  backing.pending_writes = [waiting = failover.get()] { return waiting->pending(); };
  return backing;
}

Result<Stores> OpenStores(const config::Settings& settings, Clock& clock, Logger& logger) {
  Stores stores;
  if (settings.cache.mode == config::CacheMode::kOff) return stores;
  if (auto opened = OpenLocalStore(stores, settings, clock, logger); !opened) {
    return std::move(opened).error();
  }
  if (auto opened = OpenRedis(stores, settings, clock, logger); !opened) {
    return std::move(opened).error();
  }
  return stores;
}

}  // namespace vcache::app
