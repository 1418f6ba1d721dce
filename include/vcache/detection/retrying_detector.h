#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "vcache/core/clock.h"
#include "vcache/detection/detector_decorator.h"

namespace vcache::detection {

struct RetryOptions {
  int retries = 2;  ///< `DETECTION_RETRIES`: further tries after the first; 0 for none.
  /// The longest pause before the first further try; it doubles with each, up to `longest_pause`.
  std::chrono::milliseconds first_pause{250};
  std::chrono::milliseconds longest_pause{4'000};
  /// What a vendor may ask to wait (`Error::retry_after`). Whoever asks for more has no use for
  /// another try now: its error is passed on, with that time.
  std::chrono::seconds longest_retry_after{5};
  /// Uniform in [0, 1), from any thread. Tests say what it is.
  std::function<double()> random = RandomFraction;

  static double RandomFraction();
};

/// Asks again where that certainly costs nothing and may help: kVendorUnavailable or
/// kVendorTimeout, with `Charge::kNone`. Everything else is passed on at once, above all what may
/// have been charged. Pauses grow and are random from 0 on, so that many who failed
/// together do not come back together; no pause begins that the deadline would end. Thread-safe.
class RetryingDetector final : public DetectorDecorator {
 public:
  /// The clock must outlive it.
  RetryingDetector(std::shared_ptr<Detector> inner, RetryOptions options, Clock& clock);

  Result<Detection> Detect(const DetectionTask& task, Deadline deadline) override;

 private:
  /// The pause before try number `further` (from 1), or empty when there is to be none.
  std::optional<std::chrono::milliseconds> PauseAfter(const Error& error, int further,
                                                      Deadline deadline) const;

  const RetryOptions options_;
  Clock& clock_;
};

}  // namespace vcache::detection
