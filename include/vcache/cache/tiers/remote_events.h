#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vcache/cache/lease_notifier.h"
#include "vcache/cache/outbox.h"
#include "vcache/cache/tiers/failover_store.h"
#include "vcache/cache/tiers/tiered_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// Reacts to other replicas' events: clears tiers after a clear, and wakes threads that wait for
/// another replica's call. Several subscriptions may deliver the same event. Thread-safe; all
/// references must outlive it.
class RemoteEvents {
 public:
  struct Parts {
    SharedStore& shared;
    FailoverStore& failover;
    TieredStore& tiers;
    LeaseNotifier& notifier;
    Clock& clock;
  };
  explicit RemoteEvents(const Parts& parts) : parts_(parts) {}

  /// Handles a message of the channel; ignores unknown ones.
  void OnMessage(std::string_view message);
  /// A subscription has begun or begun again; earlier events may be lost. Clears the memory tier
  /// unless the shared store confirms that no clear was missed.
  void OnListening();

 private:
  std::optional<std::int64_t> AskForClears();

  Parts parts_;
  Mutex listening_mutex_;
  std::optional<std::int64_t> clears_seen_ VCACHE_GUARDED_BY(listening_mutex_);
};

}  // namespace vcache::cache
