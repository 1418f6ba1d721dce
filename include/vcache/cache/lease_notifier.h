#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "vcache/cache/cache_key.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// Wakes threads that wait for another replica's call. Notifications may be lost, so every wait
/// needs a time limit too. Thread-safe; must outlive its listeners.
class LeaseNotifier {
 public:
  /// A subscription. Receives every notification sent after construction.
  class Listener {
   public:
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// True when a notification came since the last call; false at `until`.
    bool Await(Deadline until);

   private:
    friend class LeaseNotifier;
    Listener(LeaseNotifier& notifier, std::string name)
        : notifier_(notifier), name_(std::move(name)) {}

    LeaseNotifier& notifier_;
    const std::string name_;
    // The value in `listeners_`, once it is there.
    bool* announced_ VCACHE_PT_GUARDED_BY(notifier_.mutex_) = nullptr;
  };

  LeaseNotifier(KeySpace keys, Clock& clock) : keys_(std::move(keys)), clock_(clock) {}

  std::unique_ptr<Listener> Listen(const CacheKey& key);
  /// `name` as `KeySpace::NameOf` writes it.
  void Announce(std::string_view name);
  /// Wakes every listener: notifications may have been lost.
  void AnnounceAll();

 private:
  const KeySpace keys_;
  Clock& clock_;
  Mutex mutex_;
  ConditionVariable announced_;
  // By name, for each listener: whether a notification came since its last wait.
  std::unordered_multimap<std::string, bool> listeners_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::cache
