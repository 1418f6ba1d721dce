#pragma once

#include <map>
#include <memory>
#include <thread>

#include "analysis/single_flight.h"
#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"

namespace vcache::analysis {

/// Ends the waits for flights when their time is over. Its thread starts with the first.
/// Thread-safe.
class WaitTimer {
 public:
  explicit WaitTimer(Clock& clock) : clock_(clock) {}
  ~WaitTimer();
  WaitTimer(const WaitTimer&) = delete;
  WaitTimer& operator=(const WaitTimer&) = delete;

  /// Looks at the flight's waits when the next one ends.
  void Watch(const std::shared_ptr<Flight>& flight);

 private:
  void Run() VCACHE_EXCLUDES(mutex_);

  Clock& clock_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::multimap<SteadyTime, std::weak_ptr<Flight>> looks_ VCACHE_GUARDED_BY(mutex_);
  bool stopping_ VCACHE_GUARDED_BY(mutex_) = false;
  std::thread thread_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::analysis
