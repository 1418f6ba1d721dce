#include "app/wiring/stores.h"

#include <utility>

#include "vcache/cache/redis/redis_job_store.h"
#include "vcache/cache/sqlite/sqlite_leases.h"
#include "vcache/cache/store_events.h"

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
  options.ttl_analysis = cache.ttl_analysis;
  options.ttl_text = cache.ttl_text;
  Result<std::unique_ptr<cache::LocalStore>> store =
      cache::OpenSqliteStore(std::move(options), KeySpaceOf(settings), clock, logger);
  if (store) {
    stores.disk = std::move(store).value();
    stores.local = cache::MakeWriteBehindStore(*stores.disk, KeySpaceOf(settings),
                                               {.format = FormatOf(cache)}, clock, logger);
    stores.local_state = LocalStoreState::kOpen;
    return {};
  }
  // An unusable directory is a mistake to correct first; the service must run without a damaged
  // file.
  if (store.error().code == ErrorCode::kBadConfiguration) return std::move(store).error();
  logger.Error("The local store cannot be opened; going on without it",
               {{"reason", store.error().message}});
  stores.local_state = LocalStoreState::kBroken;
  return {};
}

Result<void> OpenShared(Stores& stores, const config::Settings& settings, Clock& clock,
                        Logger& logger) {
  if (!settings.redis.is_shared()) return {};
  Result<SharedLink> link = OpenSharedLink(settings.redis, clock, logger);
  if (!link) return std::move(link).error();
  stores.link = std::move(*link);
  cache::RedisStoreOptions options;
  options.format = FormatOf(settings.cache);
  options.accept_demo = IsDemo(settings);
  options.one_slot_scripts = stores.link.one_slot_scripts;
  const auto& servers = stores.link.event_urls;
  options.database = servers.empty() ? 0 : servers.front().database;
  const cache::KeySpace keys = KeySpaceOf(settings);
  stores.event_channel = cache::EventChannel(keys.prefix(), options.database);
  stores.redis =
      cache::MakeRedisStore(std::move(options), keys, *stores.link.client, clock, logger);
  stores.failover = std::make_unique<cache::FailoverStore>(*stores.redis, *stores.redis,
                                                           stores.local.get(), clock, logger);
  stores.failover->CopyHits(settings.cache.local_copies_bytes);
  return {};
}

void OpenLocalLeases(Stores& stores, const config::Settings& settings, Clock& clock,
                     Logger& logger) {
  if (stores.local == nullptr || stores.failover != nullptr) return;
  auto leases = cache::OpenSqliteLeases({.directory = settings.cache.directory},
                                        KeySpaceOf(settings), *stores.local, clock);
  if (leases) {
    stores.local_leases = std::move(*leases);
  } else {
    logger.Error("Another process on this CACHE_DIR may pay for the same content",
                 {{"reason", leases.error().message}});
  }
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

cache::LeaseStore* Stores::leases() const {
  if (failover != nullptr) return failover.get();
  return local_leases.get();
}

std::unique_ptr<EventFeed> Stores::Listen(cache::TieredStore& tiers, cache::LeaseNotifier& notifier,
                                          Clock& clock, Logger& logger) const {
  if (failover == nullptr) return nullptr;
  return MakeEventFeed(link, event_channel, {*redis, *failover, tiers, notifier, clock}, logger);
}

std::unique_ptr<cache::JobStore> Stores::JobStates(const cache::KeySpace& keys) const {
  return link.client == nullptr ? nullptr : cache::MakeRedisJobStore(keys, *link.client);
}

api::BackingStore Stores::Describe() const {
  api::BackingStore backing;
  backing.store = verdicts();
  backing.entries = local.get();
  if (failover == nullptr) return backing;
  backing.entries = redis.get();
  backing.backend = link.backend;
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
  if (auto opened = OpenShared(stores, settings, clock, logger); !opened) {
    return std::move(opened).error();
  }
  OpenLocalLeases(stores, settings, clock, logger);
  return stores;
}

}  // namespace vcache::app
