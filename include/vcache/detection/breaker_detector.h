#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "vcache/core/clock.h"
#include "vcache/core/log.h"
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
  /// The generation of the state in which the call begins, or the refusal.
  Result<std::uint64_t> Enter();
  void Leave(std::uint64_t generation, CallSignal sign, std::chrono::seconds asked);
  // With `mutex_` held:
  void Learn(CallSignal sign);
  void Open(std::chrono::seconds pause);
  void ChangeTo(BreakerState state);

  const BreakerOptions options_;
  Clock& clock_;
  Logger& logger_;
  mutable std::mutex mutex_;
  BreakerState state_ = BreakerState::kClosed;  // guarded by mutex_
  /// Counts the changes of state: what began before the last one says nothing about now.
  std::uint64_t generation_ = 0;  // guarded by mutex_
  int faults_ = 0;                // guarded by mutex_; in a row
  SteadyTime open_until_;         // guarded by mutex_; meaningful when open
};

}  // namespace vcache::detection
