#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcache/config/settings.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"
#include "vcache/redis/ping_schedule.h"
#include "vcache/redis/redis_url.h"
#include "vcache/redis/resp_client.h"
#include "vcache/redis/rest/upstash_rest.h"

namespace vcache::app {

/// The current state of a link.
struct LinkState {
  bool ready = false;
  bool refused = false;  ///< Password, user, database or token are wrong: a retry does not help.
  std::string reason;    ///< Why it is not ready, without secrets; empty before the first attempt.
};

/// Tells whoever keeps another connection to the same server that the client's was away and is
/// back: what cut it off may have cut the other one too, without a word. Thread-safe.
class LinkRecovery {
 public:
  /// `listener` must not call the client; empty: nobody. Waits for one that runs.
  void Tell(std::function<void()> listener) VCACHE_EXCLUDES(mutex_);
  /// The client's connection is ready.
  void NoteReady() VCACHE_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  bool was_ready_ VCACHE_GUARDED_BY(mutex_) = false;
  std::function<void()> listener_ VCACHE_GUARDED_BY(mutex_);
};

/// The connection to the store that replicas share, of any kind.
struct SharedLink {
  std::unique_ptr<LinkRecovery> recovery;  ///< Of `client`, which calls it until its end.
  std::unique_ptr<redis::RespClient> client;
  std::function<LinkState()> state;  ///< Of `client`, which must live.
  std::string name;                  ///< Its address, without credentials.
  std::string backend = "redis";     ///< Its name in statistics.
  bool one_slot_scripts = false;     ///< As in `RedisStoreOptions`.
  /// Servers to subscribe to; several of a cluster, where each one relays all events.
  std::vector<redis::RedisUrl> event_urls;
  /// One per URL; the connections of one server share the client's pings.
  redis::PingSchedule event_pings{};
  std::optional<redis::UpstashRestSubscriptionOptions> rest_events;  ///< Replaces them over REST.
};

/// Starts to connect to the configured store, which must be set. kBadConfiguration names the
/// variable. The clock and the logger must outlive the link.
Result<SharedLink> OpenSharedLink(const config::RedisSettings& redis, Clock& clock, Logger& logger);

/// Checks the settings like `OpenSharedLink`, without connecting. Error: kBadConfiguration.
Result<void> CheckSharedLink(const config::RedisSettings& redis);

}  // namespace vcache::app
