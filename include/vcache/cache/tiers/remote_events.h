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

/// What this replica does about what the others announce: tiers that a clear has made untrue are
/// cleared, and those who wait for another replica's call are woken. Called by the threads of one
/// subscription or several that hear the same. Thread-safe; all references must outlive it.
class RemoteEvents {
 public:
  struct Parts {
    SharedStore& shared;
    FailoverStore& failover;
    TieredStore& tiers;
    LeaseNotifier& news;
    Clock& clock;
  };
  explicit RemoteEvents(const Parts& parts) : parts_(parts) {}

  /// A message of the channel; what is no event is ignored.
  void OnMessage(std::string_view message);
  /// Listening began, or began again: what was announced meanwhile is lost. Keeps the memory tier
  /// only if the shared store says that nothing was cleared.
  void OnListening();

 private:
  std::optional<std::int64_t> AskForClears();

  Parts parts_;
  Mutex listening_mutex_;
  std::optional<std::int64_t> clears_seen_ VCACHE_GUARDED_BY(listening_mutex_);
};

}  // namespace vcache::cache
