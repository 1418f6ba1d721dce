#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"
#include "vcache/detection/detector_decorator.h"

namespace vcache::detection {

struct LimitOptions {
  std::size_t max_calls = 8;    ///< `<VENDOR>_MAX_CONCURRENCY`
  std::size_t max_queue = 128;  ///< When full, calls are refused.
  /// The longest wait for a permit. Keep it well below the time limit of an analysis: a call that
  /// is cut off may be charged.
  std::chrono::milliseconds max_wait{30'000};
};

/// Allows `max_calls` concurrent calls of one vendor; others wait in order of arrival. After too
/// long they get kOverloaded with `Charge::kNone` and a retry time. Thread-safe.
class LimitedDetector final : public DetectorDecorator {
 public:
  LimitedDetector(std::shared_ptr<Detector> inner, LimitOptions options, Clock& clock);

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override;

 private:
  struct Waiter {
    ConditionVariable called;
    bool has_turn = false;  // the detector's `mutex_` guards it, which it has no name for
  };

  Result<void> Enter(CallProgress* progress, Deadline deadline) VCACHE_EXCLUDES(mutex_);
  void Leave() VCACHE_EXCLUDES(mutex_);
  Error Refusal(std::string_view sentence) const;

  const LimitOptions options_;
  Clock& clock_;
  Mutex mutex_;
  std::size_t calls_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::list<Waiter*> waiting_ VCACHE_GUARDED_BY(mutex_);  // in the order of arrival
};

}  // namespace vcache::detection
