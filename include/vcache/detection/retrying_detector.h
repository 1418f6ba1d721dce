#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "vcache/core/clock.h"
#include "vcache/detection/detector_decorator.h"

namespace vcache::detection {

struct RetryOptions {
  int retries = 2;  ///< `DETECTION_RETRIES`: retries after the first call; 0 for none.
  /// Upper bound of the first pause. It doubles with each retry, up to `longest_pause`.
  std::chrono::milliseconds first_pause{250};
  std::chrono::milliseconds longest_pause{4'000};
  /// The longest `Error::retry_after` that is waited for; above it the caller gets the error.
  std::chrono::seconds longest_retry_after{5};
  /// Uniform in [0, 1), from any thread. Tests replace it.
  std::function<double()> random = RandomFraction;

  static double RandomFraction();
};

/// Retries only kVendorUnavailable and kVendorTimeout with `Charge::kNone`; above all, never a
/// possible charge. Pauses grow exponentially with full jitter, so that failed calls do not return
/// together. No pause begins that the deadline would end. Thread-safe.
class RetryingDetector final : public DetectorDecorator {
 public:
  RetryingDetector(std::shared_ptr<Detector> inner, RetryOptions options, Clock& clock);

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override;

 private:
  /// The pause before retry number `further` (from 1); empty for no retry.
  std::optional<std::chrono::milliseconds> PauseAfter(const Error& error, int further,
                                                      Deadline deadline) const;

  const RetryOptions options_;
  Clock& clock_;
};

}  // namespace vcache::detection
