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
  int faults = 5;                  ///< Consecutive faults that open the breaker.
  std::chrono::seconds pause{10};  ///< Open for this long; then one probe call.
  /// A longer wait that the vendor asks for (`Error::retry_after`) concerns all calls, for example
  /// a used-up quota. It opens the breaker at once for that time, `longest_pause` at most.
  std::chrono::seconds long_retry_after{60};
  std::chrono::seconds longest_pause{86'400};
};

/// A circuit breaker. While it is open, calls get kVendorUnavailable at once, with `Charge::kNone`
/// and the rest of the pause. Faults are kVendorUnavailable and kVendorTimeout. Refused contents
/// and nonsense are none: otherwise one bad upload could stop the service for all. Thread-safe.
class BreakerDetector final : public DetectorDecorator {
 public:
  /// Clock and logger must outlive it. Logs one line for each change of state.
  BreakerDetector(std::shared_ptr<Detector> inner, BreakerOptions options, Clock& clock,
                  Logger& logger);

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override;

  VendorHealth health() const override;

 private:
  class Call;
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
