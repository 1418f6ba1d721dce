#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/detection_mode.h"
#include "vcache/core/provenance.h"
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"
#include "vcache/core/video_info.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/interruptible_timer.h"

namespace vcache::detection {

/// An amount of one vendor, in millionths of a US dollar.
struct VendorPrice {
  std::string vendor;  ///< `Detector::provider`.
  std::int64_t micros = 0;

  friend bool operator==(const VendorPrice&, const VendorPrice&) = default;
};

/// What a file tells for nothing, before anybody is paid.
struct LocalInspection {
  std::optional<VideoInfo> video = std::nullopt;
  /// As `DetectionTask::video_length` and `video_may_be_longer`.
  std::optional<std::chrono::milliseconds> video_length = std::nullopt;
  bool video_may_be_longer = false;
  std::optional<Provenance> provenance = std::nullopt;

  /// Tells the vendors, and what they ask for it, how long the video is. Who made the task and knew
  /// it is not contradicted.
  void AddTo(DetectionTask& task) const noexcept;
};

/// What the panel concluded, and what it cost whether or not it concluded anything.
struct PanelOutcome {
  Result<Verdict> verdict;
  std::int64_t cost_micros = 0;       ///< Of the calls that were certainly charged.
  std::uint32_t paid_calls = 0;       ///< Calls that were charged or may have been.
  std::uint32_t unknown_charges = 0;  ///< Of these, the ones whose charge is unknown.
  /// What each vendor took: 0 where it certainly took nothing or was not asked, and its price where
  /// that is unknown. For a budget, which must not give back what may have been charged.
  std::vector<VendorPrice> charges{};
};

struct PanelOptions {
  /// What becomes of a file's own claims.
  ProvenanceMode provenance = ProvenanceMode::kOff;
  DetectionMode mode = DetectionMode::kConsensus;
  /// Tells that the service stops: a fallback then begins no further call. Must outlive the panel;
  /// null: nothing tells.
  const InterruptibleTimer* pauses = nullptr;
};

/// The vendors that judge each kind of content. Those that cannot judge this very content
/// (`Detector::RefusalOf`) are never asked, and nobody misses them. Before a price is asked for or
/// a vendor, somebody looks at what the file says of itself, which costs nothing:
///
///     const LocalInspection look = panel.LookInto(task);
///     look.AddTo(task);
///     if (!panel.Decides(look)) ...  // set panel.Prices(task) aside
///     PanelOutcome outcome = panel.Judge(task, look, deadline);
///
/// Thread-safe.
///
/// Consensus: all are asked at the same time; mean score, majority of "AI or not", `sources` lists
/// each with its score or its error, and a verdict with a vendor missing is `partial`.
///
/// Fallback: they are asked one after another; the first verdict is the verdict. `sources` lists
/// those that were asked, the ones that failed with their errors. It is never `partial`: one
/// vendor's verdict is what was wanted. The next one is asked also when the failed call may have
/// been charged, so an analysis may cost each vendor's price once and never one vendor's twice; but
/// nobody is begun once the deadline is a second away or the service stops.
///
/// When all fail, the error is that of the first (its retry time included; in a fallback the
/// soonest of all), with the worst charge of all.
class DetectorPanel {
 public:
  /// The order within a list is the order in `sources`, and that of a fallback. The clock must
  /// outlive the panel.
  DetectorPanel(std::vector<std::shared_ptr<Detector>> image,
                std::vector<std::shared_ptr<Detector>> video,
                std::vector<std::shared_ptr<Detector>> text, Clock& clock,
                PanelOptions options = {});

  /// Whether anybody judges this kind.
  bool Serves(MediaKind kind) const noexcept;
  /// Names of those who do, for log lines and readiness.
  std::vector<std::string> Providers(MediaKind kind) const;
  /// Everybody who may be asked, each once.
  std::vector<std::shared_ptr<Detector>> Vendors() const;
  /// The same with what is known of each: whether it is asked at present.
  std::vector<NamedHealth> Health(MediaKind kind) const;
  /// The fingerprint of all of them, for `cache.detectors`; also tells whether claims decide, and
  /// the mode where there are several.
  std::string Fingerprint(MediaKind kind) const;
  /// Looks into the file: at the length of a video, and at the claims of origin where they are
  /// wanted. Texts tell nothing. Once is enough for a content.
  LocalInspection LookInto(const DetectionTask& task) const noexcept;
  /// Whether what the file declares is the verdict (`kDecide`): then nobody is asked and nothing is
  /// paid.
  bool Decides(const LocalInspection& look) const noexcept;
  /// What a whole analysis costs at most: a fallback may come to the last vendor. Of a task that
  /// was told what the first look found.
  std::int64_t PriceMicros(const DetectionTask& task) const noexcept;
  /// What it costs if nothing fails: in a fallback, the price of the first vendor that takes it.
  std::int64_t UsualPriceMicros(const DetectionTask& task) const;
  /// `PriceMicros` by vendor: what a `Judge` of this task may be charged for.
  std::vector<VendorPrice> Prices(const DetectionTask& task) const;

  /// Blocks until every vendor that is asked answered or failed; never throws. kVendorNotConfigured
  /// without one, with the variables to set. What was found goes into the verdict. Where it
  /// decides, it is the verdict.
  PanelOutcome Judge(const DetectionTask& task, const LocalInspection& look,
                     Deadline deadline) const;
  /// The same with a look of its own, for those who set nothing aside.
  PanelOutcome Judge(const DetectionTask& task, Deadline deadline) const;

 private:
  const std::vector<std::shared_ptr<Detector>>& MembersFor(MediaKind kind) const noexcept;
  void AskMembers(const DetectionTask& task, Deadline deadline, PanelOutcome& outcome) const;

  std::vector<std::shared_ptr<Detector>> image_;
  std::vector<std::shared_ptr<Detector>> video_;
  std::vector<std::shared_ptr<Detector>> text_;
  Clock& clock_;
  const PanelOptions options_;
};

}  // namespace vcache::detection
