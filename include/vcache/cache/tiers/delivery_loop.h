#pragma once

#include <chrono>
#include <functional>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/periodic_task.h"

namespace vcache::cache {

/// The thread that delivers the pending changes of an outbox. It checks every 200 ms whether a
/// delivery is possible; after a failure the pauses double up to 5 s. Thread-safe; the clock must
/// outlive it.
class DeliveryLoop {
 public:
  explicit DeliveryLoop(Clock& clock) : clock_(clock), task_(clock) {}

  /// `recount` counts what is pending, every 5 s: another process that shares the local store may
  /// add to it. `deliver` returns false when a delivery failed. `takes_writes` says that the store
  /// has taken another write since: then the next try comes after a second. All run in the thread.
  void Start(std::function<void()> recount, std::function<bool()> deliver,
             std::function<bool()> takes_writes = {});
  /// Ends the thread. Idempotent.
  void Stop() { task_.Stop(); }

  /// The time limit for one step of a delivery, or for one write to the outbox. It does not depend
  /// on a request's deadline: that may be over, but the write must be kept.
  Deadline StepLimit() const { return Deadline::After(clock_, std::chrono::seconds(5)); }

 private:
  Clock& clock_;
  PeriodicTask task_;
};

}  // namespace vcache::cache
