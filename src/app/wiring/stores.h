#pragma once

#include <memory>
#include <string>

#include "app/wiring/event_feed.h"
#include "vcache/api/api.h"
#include "vcache/app/wiring/shared_link.h"
#include "vcache/cache/job_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/lease_notifier.h"
#include "vcache/cache/lease_store.h"
#include "vcache/cache/redis/redis_store.h"
#include "vcache/cache/sqlite/sqlite_store.h"
#include "vcache/cache/sqlite/write_behind_store.h"
#include "vcache/cache/tiers/failover_store.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"

namespace vcache::app {

bool IsDemo(const config::Settings& settings);
/// A sandbox has its own keys: it never shares verdicts with a service that has real vendors.
cache::KeySpace KeySpaceOf(const config::Settings& settings);

/// Whether the local store serves, or why not.
enum class LocalStoreState { kOpen, kTurnedOff, kBroken };

/// The stores behind the memory tier, in the order of construction; each may be null.
struct Stores {
  std::unique_ptr<cache::LocalStore> disk;
  std::unique_ptr<cache::WriteBehindStore> local;  ///< In front of `disk`; set when that is.
  LocalStoreState local_state = LocalStoreState::kTurnedOff;
  SharedLink link;  ///< Its client is null without a shared store.
  std::unique_ptr<cache::RedisStore> redis;
  std::unique_ptr<cache::FailoverStore> failover;  ///< Set when `redis` is.
  std::string event_channel;
  std::unique_ptr<cache::LeaseStore> local_leases;  ///< Without a shared store; of `local`.

  /// The store behind the memory tier, and the store of totals; null when there is none.
  cache::VerdictStore* verdicts() const;
  cache::CounterStore* counters() const;
  /// The leases of the replicas, or of the processes that share the local store; null without both.
  cache::LeaseStore* leases() const;
  /// Subscribes to other replicas' events. Null without a shared store, or when the system refuses
  /// (logged). All must outlive the feed.
  std::unique_ptr<EventFeed> Listen(cache::TieredStore& tiers, cache::LeaseNotifier& notifier,
                                    Clock& clock, Logger& logger) const;
  /// Where replicas read how far each other's jobs are; null without a shared store.
  std::unique_ptr<cache::JobStore> JobStates(const cache::KeySpace& keys) const;
  /// Its description for statistics and readiness.
  api::BackingStore Describe() const;
};

/// Opens the configured stores; an unavailable Redis or a damaged local store is no error.
Result<Stores> OpenStores(const config::Settings& settings, Clock& clock, Logger& logger);

}  // namespace vcache::app
