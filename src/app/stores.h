#pragma once

#include <memory>
#include <string>

#include "app/startup_report.h"
#include "vcache/api/api.h"
#include "vcache/cache/failover_store.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/redis_store.h"
#include "vcache/cache/sqlite_store.h"
#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/net/resp_cluster.h"
#include "vcache/net/resp_connection.h"

namespace vcache::app {

/// Whether a sandbox stands in for the vendors.
bool IsDemo(const config::Settings& settings);
/// A sandbox never reads or writes what a service with real vendors does.
cache::KeySpace KeySpaceOf(const config::Settings& settings);

/// The stores behind the memory tier, in the order of construction; each may be missing.
struct Stores {
  std::unique_ptr<cache::SqliteStore> local;
  LocalStore local_state = LocalStore::kTurnedOff;
  std::unique_ptr<net::RespConnection> connection;
  std::unique_ptr<net::ClusterClient> cluster;  ///< In place of `connection`, on a Redis Cluster.
  std::unique_ptr<cache::RedisStore> redis;
  std::unique_ptr<cache::FailoverStore> failover;  ///< Set when `redis` is.
  std::string redis_name;                          ///< Where it is, without credentials.

  /// The store behind the memory tier, and where totals are kept; null when there is none.
  cache::VerdictStore* verdicts() const;
  cache::CounterStore* counters() const;
  /// What statistics and readiness say of it.
  api::BackingStore Describe() const;
};

/// Opens what the settings name. A Redis that is away is no failure, nor is a damaged local store.
/// kBadConfiguration names the variable at fault.
Result<Stores> OpenStores(const config::Settings& settings, Clock& clock, Logger& logger);

}  // namespace vcache::app
