#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/detection/detector_decorator.h"

namespace vcache::detection {

struct BreakerOptions {
  int faults = 5;                  ///< In a row; then the vendor is left alone for `pause`.
  std::chrono::seconds pause{10};  ///< Then one call tries whether it works again.
  /// A vendor that asks for so long a wait (`Error::retry_after`) means all of our calls, as when a
  /// quota is used up: it is left alone at once, for that time, `longest_pause` at most.
  std::chrono::seconds long_retry_after{60};
  std::chrono::seconds longest_pause{86'400};
};

/// Leaves a vendor alone that cannot answer: who asks meanwhile gets kVendorUnavailable at once,
/// with `Charge::kNone` and what is left of the pause. A fault is kVendorUnavailable or
/// kVendorTimeout. A vendor that refuses a content or answers nonsense is there: that never opens
/// the breaker, or one bad upload could close the service to all. Thread-safe.
class BreakerDetector final : public DetectorDecorator {
 public:
  /// Clock and logger must outlive it. The logger gets one line for each change of state.
  BreakerDetector(std::shared_ptr<Detector> inner, BreakerOptions options, Clock& clock,
                  Logger& logger);

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override;

  VendorHealth health() const override;

 private:
  class Call;
  /// What the end of a call tells about the vendor.
  enum class CallSignal { kWorks, kFault, kLongPause, kNothing };

  static CallSignal SignalOf(const Error& error, const BreakerOptions& options);
  static std::string_view ReasonOf(CallSignal sign);
  /// The generation of the state that a call begins in, or the refusal.
  Result<std::uint64_t> Enter() VCACHE_EXCLUDES(mutex_);
  void Leave(std::uint64_t generation, CallSignal sign, std::chrono::seconds asked)
      VCACHE_EXCLUDES(mutex_);
  void Learn(CallSignal sign) VCACHE_REQUIRES(mutex_);
  void Open(std::chrono::seconds pause) VCACHE_REQUIRES(mutex_);
  void ChangeTo(BreakerState state) VCACHE_REQUIRES(mutex_);

  const BreakerOptions options_;
  Clock& clock_;
  Logger& logger_;
  mutable Mutex mutex_;
  BreakerState state_ VCACHE_GUARDED_BY(mutex_) = BreakerState::kClosed;
  /// Counts the changes of state: what began before the last one says nothing about now.
  std::uint64_t generation_ VCACHE_GUARDED_BY(mutex_) = 0;
  int faults_ VCACHE_GUARDED_BY(mutex_) = 0;         // in a row
  SteadyTime open_until_ VCACHE_GUARDED_BY(mutex_);  // meaningful when open
};

}  // namespace vcache::detection
