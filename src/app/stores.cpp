#include "app/stores.h"

#include <utility>

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

Error OfRedisUrl(const Error& error) {
  return {ErrorCode::kBadConfiguration, "REDIS_URL: " + error.message};
}

/// The one client of a cluster's servers.
Result<net::RespClient*> ConnectCluster(Stores& stores, const config::Settings& settings,
                                        Clock& clock, Logger& logger) {
  Result<net::RedisClusterUrl> url = net::ParseRedisClusterUrl(settings.redis.url.Reveal());
  if (!url) return OfRedisUrl(url.error());
  stores.redis_name = url->Display();
  net::ClusterClientOptions options;
  options.url = std::move(*url);
  options.command_timeout = settings.redis.timeout;
  auto cluster = net::MakeClusterClient(std::move(options), clock, logger);
  if (!cluster) return OfRedisUrl(cluster.error());
  stores.cluster = std::move(*cluster);
  return stores.cluster.get();
}

Result<net::RespClient*> ConnectRedis(Stores& stores, const config::Settings& settings,
                                      Clock& clock, Logger& logger) {
  if (net::IsRedisClusterUrl(settings.redis.url.Reveal())) {
    return ConnectCluster(stores, settings, clock, logger);
  }
  Result<net::RedisUrl> url = net::ParseRedisUrl(settings.redis.url.Reveal());
  if (!url) return OfRedisUrl(url.error());
  stores.redis_name = url->Display();
  net::RespConnectionOptions connection;
  connection.url = std::move(*url);
  connection.command_timeout = settings.redis.timeout;
  auto connected = net::MakeRespConnection(std::move(connection), clock, logger);
  if (!connected) return OfRedisUrl(connected.error());
  stores.connection = std::move(*connected);
  return stores.connection.get();
}

Result<void> OpenRedis(Stores& stores, const config::Settings& settings, Clock& clock,
                       Logger& logger) {
  if (settings.redis.url.empty()) return {};
  Result<net::RespClient*> client = ConnectRedis(stores, settings, clock, logger);
  if (!client) return std::move(client).error();
  cache::RedisStoreOptions options;
  options.format = FormatOf(settings.cache);
  options.accept_demo = IsDemo(settings);
  options.one_slot_scripts = stores.cluster != nullptr;
  stores.redis =
      cache::MakeRedisStore(std::move(options), KeySpaceOf(settings), **client, clock, logger);
  stores.failover =
      std::make_unique<cache::FailoverStore>(*stores.redis, stores.local.get(), clock, logger);
  return {};
}

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

api::BackingStore Stores::Describe() const {
  api::BackingStore backing;
  backing.store = verdicts();
  if (failover == nullptr) return backing;
  backing.backend = cluster != nullptr ? "redis-cluster" : "redis";
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
