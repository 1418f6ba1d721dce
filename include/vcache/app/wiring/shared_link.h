#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/result.h"
#include "vcache/redis/ping_schedule.h"
#include "vcache/redis/redis_url.h"
#include "vcache/redis/resp_client.h"
#include "vcache/redis/rest/upstash_rest.h"

namespace vcache::app {

/// How a link stands at this moment. A plain value.
struct LinkState {
  bool ready = false;
  bool refused = false;  ///< Password, user, database or token: trying again does not help.
  std::string reason;    ///< Why it is not ready, without secrets; empty before the first attempt.
};

/// The way to the store that replicas share, whatever kind it is.
struct SharedLink {
  std::unique_ptr<redis::RespClient> client;
  std::function<LinkState()> state;  ///< Of `client`, which must live.
  std::string name;                  ///< Where it leads, without credentials.
  std::string backend = "redis";     ///< What statistics call it.
  bool one_slot_scripts = false;     ///< As `RedisStoreOptions` has it.
  /// Where events are heard; several for a cluster, whose servers all tell all of them.
  std::vector<redis::RedisUrl> event_urls;
  /// For each of them; one server's connections share their pings with the client's.
  redis::PingSchedule event_pings{};
  std::optional<redis::UpstashRestSubscriptionOptions> rest_events;  ///< In their place, over REST.
};

/// Begins to connect to what the settings name, which must be something. kBadConfiguration names
/// the variable at fault. The clock and the logger must outlive the link.
Result<SharedLink> OpenSharedLink(const config::RedisSettings& redis, Clock& clock, Logger& logger);

/// Whether `OpenSharedLink` would take the settings; nothing is connected to. kBadConfiguration.
Result<void> CheckSharedLink(const config::RedisSettings& redis);

}  // namespace vcache::app
