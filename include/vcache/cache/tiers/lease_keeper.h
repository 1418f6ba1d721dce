#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "vcache/cache/lease_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"

namespace vcache::cache {

/// Looks after the leases of this process, so that a lease ends when its owner does, and only then.
/// A thread renews those of long calls at half of their life, and repeats what should have ended a
/// lease until the store answers. Thread-safe; the store and the clock must outlive it.
class LeaseKeeper {
 public:
  /// Ends a lease; an error means that the store did not confirm it.
  using Ending = std::function<Result<void>(Deadline)>;

  LeaseKeeper(LeaseStore& leases, Clock& clock);
  ~LeaseKeeper() { Stop(); }

  void Start();
  void Stop() { task_.Stop(); }

  /// The lease was granted by a request that began at `begun`.
  void Hold(const LeaseRequest& request, SteadyTime begun) VCACHE_EXCLUDES(mutex_);
  /// The lease has been ended, or may expire by itself. Not before: until then it is renewed. A
  /// lease that was ever renewed is ended once more in the thread, for a late renewal may have put
  /// it back.
  void Drop(const std::string& token) VCACHE_EXCLUDES(mutex_);
  /// Ends a lease in the background. Gives up when every lease of that time has expired.
  void EndLater(Ending ending) VCACHE_EXCLUDES(mutex_);

  /// The thread renews all leases in its next round: the store may have lost them.
  void RenewAll() VCACHE_EXCLUDES(mutex_);
  /// Ends all leases, for a process that ends in the middle of its calls.
  void ReleaseAll(Deadline deadline) VCACHE_EXCLUDES(mutex_);

  /// One round of the thread; for tests.
  void Round() VCACHE_EXCLUDES(mutex_);

 private:
  struct Held {
    LeaseRequest request;
    SteadyTime due{};
    bool was_renewed = false;
  };
  struct Open {
    Ending ending;
    SteadyTime until{};
  };

  void RenewDue() VCACHE_EXCLUDES(mutex_);
  void RepeatEndings() VCACHE_EXCLUDES(mutex_);

  LeaseStore& leases_;
  Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Held> held_ VCACHE_GUARDED_BY(mutex_);  ///< By token.
  std::vector<Open> open_ VCACHE_GUARDED_BY(mutex_);
  PeriodicTask task_;  // the last member: its thread uses the others
};

}  // namespace vcache::cache
