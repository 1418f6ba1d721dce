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
  std::size_t max_queue = 128;  ///< Who finds as many waiting is refused.
  /// The longest wait for a turn. Well below the time limit of an analysis, so that a call that
  /// begins has time to end: one broken off may be charged and bring nothing.
  std::chrono::milliseconds max_wait{30'000};
};

/// At most `max_calls` calls of one vendor at once; who comes later waits in the order of arrival.
/// Who would wait too long gets kOverloaded with `Charge::kNone` and a time for the next try; the
/// vendor was not asked. Thread-safe.
class LimitedDetector final : public DetectorDecorator {
 public:
  /// The clock must outlive it.
  LimitedDetector(std::shared_ptr<Detector> inner, LimitOptions options, Clock& clock);

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override;

 private:
  struct Waiter {
    ConditionVariable called;
    bool has_turn = false;  // the detector's `mutex_` guards it, which it has no name for
  };
  class Permit;

  Result<void> Enter(Deadline deadline) VCACHE_EXCLUDES(mutex_);
  void Leave() VCACHE_EXCLUDES(mutex_);
  Error Refusal(std::string_view sentence) const;

  const LimitOptions options_;
  Clock& clock_;
  Mutex mutex_;
  std::size_t calls_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::list<Waiter*> waiting_ VCACHE_GUARDED_BY(mutex_);  // in the order of arrival
};

}  // namespace vcache::detection
