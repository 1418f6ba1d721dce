#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/provenance.h"
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/detector.h"

namespace vcache::detection {

/// An amount of one vendor, in millionths of a US dollar.
struct VendorPrice {
  std::string vendor;  ///< `Detector::provider`.
  std::int64_t micros = 0;

  friend bool operator==(const VendorPrice&, const VendorPrice&) = default;
};

/// What the panel concluded, and what it cost whether or not it concluded anything.
struct PanelOutcome {
  Result<Verdict> verdict;
  std::int64_t cost_micros = 0;       ///< Of the calls that were certainly charged.
  std::uint32_t paid_calls = 0;       ///< Calls that were charged or may have been.
  std::uint32_t unknown_charges = 0;  ///< Of these, the ones whose charge is unknown.
  /// What each vendor that was asked took, 0 where it certainly took nothing, and its price where
  /// that is unknown: for a budget, which must not give back what may have been charged.
  std::vector<VendorPrice> charges{};
};

/// The vendors that judge each kind of content, asked at the same time, but for those that cannot
/// judge this very content (`Detector::RefusalOf`): nobody misses them. Consensus: mean score,
/// majority of "AI or not", `sources` lists each that was asked with its score or its error; a
/// verdict with a vendor missing is `partial`. When all fail, the error is that of the first (its
/// retry time included), with the worst charge of all. Before any of them it looks at what the file
/// says of itself, which costs nothing. Thread-safe.
class DetectorPanel {
 public:
  /// The order within a list is the order in `sources`. The clock must outlive the panel.
  /// `provenance` says what becomes of a file's own claims.
  DetectorPanel(std::vector<std::shared_ptr<Detector>> image,
                std::vector<std::shared_ptr<Detector>> video,
                std::vector<std::shared_ptr<Detector>> text, Clock& clock,
                ProvenanceMode provenance = ProvenanceMode::kOff);

  /// Whether anybody judges this kind.
  bool Serves(MediaKind kind) const noexcept;
  /// Names of those who do, for log lines and readiness.
  std::vector<std::string> Providers(MediaKind kind) const;
  /// Everybody who may be asked, each once.
  std::vector<std::shared_ptr<Detector>> Vendors() const;
  /// The fingerprint of all of them, for `cache.detectors`; also tells whether claims decide.
  std::string Fingerprint(MediaKind kind) const;
  /// What a whole analysis is expected to cost.
  std::int64_t PriceMicros(const DetectionTask& task) const noexcept;
  /// The same by vendor: what a `Judge` of this task may be charged for.
  std::vector<VendorPrice> Prices(const DetectionTask& task) const;

  /// Blocks until every vendor answered or failed; never throws. kVendorNotConfigured without one,
  /// with the variables to set. Looks into the file first: a video's length goes into the task for
  /// the vendors, and what was found into the verdict. Where claims decide (`kDecide`), a file that
  /// declares itself generated gets its verdict from that; then nobody is asked and nothing paid.
  PanelOutcome Judge(const DetectionTask& task, Deadline deadline) const;

 private:
  const std::vector<std::shared_ptr<Detector>>& MembersFor(MediaKind kind) const noexcept;

  std::vector<std::shared_ptr<Detector>> image_;
  std::vector<std::shared_ptr<Detector>> video_;
  std::vector<std::shared_ptr<Detector>> text_;
  Clock& clock_;
  const ProvenanceMode provenance_;
};

}  // namespace vcache::detection
