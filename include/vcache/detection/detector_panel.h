#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/detector.h"

namespace vcache::detection {

/// What the panel concluded, and what it cost whether or not it concluded anything.
struct PanelOutcome {
  Result<Verdict> verdict;
  std::int64_t cost_micros = 0;       ///< Of the calls that were certainly charged.
  std::uint32_t paid_calls = 0;       ///< Calls that were charged or may have been.
  std::uint32_t unknown_charges = 0;  ///< Of these, the ones whose charge is unknown.
};

/// The vendors that judge each kind of content, asked at the same time, but for those that cannot
/// judge this very content (`Detector::RefusalOf`): nobody misses them. Consensus: mean score,
/// majority of "AI or not", `sources` lists each that was asked with its score or its error; a
/// verdict with a vendor missing is `partial`. When all fail, the error is that of the first (its
/// retry time included), with the worst charge of all. Thread-safe.
class DetectorPanel {
 public:
  /// The order within a list is the order in `sources`. The clock must outlive the panel.
  DetectorPanel(std::vector<std::shared_ptr<Detector>> image,
                std::vector<std::shared_ptr<Detector>> video,
                std::vector<std::shared_ptr<Detector>> text, Clock& clock);

  /// Whether anybody judges this kind.
  bool Serves(MediaKind kind) const noexcept;
  /// Names of those who do, for log lines and readiness.
  std::vector<std::string> Providers(MediaKind kind) const;
  /// The fingerprint of all of them, for `cache.detectors`.
  std::string Fingerprint(MediaKind kind) const;
  /// What a whole analysis is expected to cost.
  std::int64_t PriceMicros(const DetectionTask& task) const noexcept;

  /// Blocks until every vendor answered or failed; never throws. kVendorNotConfigured without one,
  /// with the variables to set.
  PanelOutcome Judge(const DetectionTask& task, Deadline deadline) const;

 private:
  const std::vector<std::shared_ptr<Detector>>& MembersFor(MediaKind kind) const noexcept;

  std::vector<std::shared_ptr<Detector>> image_;
  std::vector<std::shared_ptr<Detector>> video_;
  std::vector<std::shared_ptr<Detector>> text_;
  Clock& clock_;
};

}  // namespace vcache::detection
