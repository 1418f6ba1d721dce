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
#include "vcache/core/usd.h"
#include "vcache/core/verdict.h"
#include "vcache/core/video_info.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/interruptible_timer.h"

namespace vcache::detection {

/// An amount for one vendor.
struct VendorPrice {
  std::string vendor;  ///< `Detector::provider`.
  Usd amount{};

  friend bool operator==(const VendorPrice&, const VendorPrice&) = default;
};

/// What the file itself states, found without a paid call.
struct LocalInspection {
  std::optional<VideoInfo> video = std::nullopt;
  std::optional<std::chrono::milliseconds> video_length = std::nullopt;
  bool video_may_be_longer = false;
  std::optional<Provenance> provenance = std::nullopt;

  /// Tells the vendors and their prices how long the video is, unless the task knows.
  void AddTo(DetectionTask& task) const noexcept;
};

/// How a call to one vendor ended.
struct VendorCall {
  std::string vendor;  ///< `Detector::provider`.
  Charge charge = Charge::kNone;
  Usd cost{};           ///< If it was certainly charged.
  bool failed = false;  ///< No answer came of it.
};

/// The panel's result, and its cost in success and failure.
struct PanelOutcome {
  Result<Verdict> verdict;
  Usd cost{};                         ///< Of the calls that were certainly charged.
  std::uint32_t paid_calls = 0;       ///< Calls with a certain or possible charge.
  std::uint32_t unknown_charges = 0;  ///< Those of them with an unknown charge.
  /// Each vendor's charge: 0 if certainly none, its price if unknown. The budget must not refund
  /// those.
  std::vector<VendorPrice> charges{};
  std::vector<VendorCall> calls{};  ///< Only those that were made.
  /// The vendors whose calls failed and were charged, or perhaps.
  std::vector<std::string> charged_failures{};
};

struct PanelOptions {
  /// What the service does with a file's own claims.
  ProvenanceMode provenance = ProvenanceMode::kOff;
  DetectionMode mode = DetectionMode::kConsensus;
  /// Signals the service's stop: a fallback then begins no further call. Outlives the panel, or
  /// null.
  const InterruptibleTimer* pauses = nullptr;
};

/// The vendors of each kind of content. It never asks a vendor that cannot judge the content
/// (`Detector::RefusalOf`), and a verdict without that vendor is complete. Inspect the file first;
/// it costs nothing and changes the prices. Thread-safe.
///
///     const LocalInspection look = panel.LookInto(task);
///     look.AddTo(task);
///     if (!panel.Decides(look)) ...  // set panel.Prices(task) aside
///     PanelOutcome outcome = panel.Judge(task, look, deadline);
///
/// Consensus: the panel asks all vendors concurrently. The verdict has the mean score and the
/// majority of "AI or not". `sources` lists each vendor with its score or error. A verdict that
/// lacks a vendor is `partial`.
///
/// Fallback: the panel asks one vendor after another; the first success is the verdict. `sources`
/// lists the vendors asked, failures with their errors. It is never `partial`. A possibly charged
/// failure does not stop the fallback: an analysis may pay each vendor once, and none twice. No
/// call begins in the last second before the deadline or while the service stops.
///
/// When all fail, the error is the first one (its retry time included; in a fallback the earliest
/// of all), with the worst charge of all and the names of those that were asked.
///
/// The panel does not ask the task's `held_vendors`. A consensus without one of them is `partial`.
/// It asks nobody again whose answer is in the task's `earlier` verdict, and joins the two.
class DetectorPanel {
 public:
  /// A list's order is that of `sources` and of a fallback. The clock must outlive the panel.
  DetectorPanel(std::vector<std::shared_ptr<Detector>> image,
                std::vector<std::shared_ptr<Detector>> video,
                std::vector<std::shared_ptr<Detector>> text, Clock& clock,
                PanelOptions options = {});

  bool Serves(MediaKind kind) const noexcept;
  /// The names of its vendors, for log lines and readiness.
  std::vector<std::string> Providers(MediaKind kind) const;
  std::vector<std::shared_ptr<Detector>> Vendors() const;
  std::vector<NamedHealth> Health(MediaKind kind) const;
  /// Identifies the vendors, whether claims decide, and the mode, for `cache.detectors`.
  std::string Fingerprint(MediaKind kind) const;
  /// Inspects the file once: a video's length, and the claims of origin if enabled. Texts give
  /// nothing.
  LocalInspection LookInto(const DetectionTask& task) const noexcept;
  /// Whether the file's own claim is the verdict (`kDecide`); then no vendor is asked or paid.
  bool Decides(const LocalInspection& look) const noexcept;
  /// The highest cost: a fallback may reach the last vendor. Call `AddTo` on the task first.
  Usd Price(const DetectionTask& task) const noexcept;
  /// The cost without failures: in a fallback, the price of the first vendor that can judge.
  Usd UsualPrice(const DetectionTask& task) const;
  /// `Price` by vendor: the possible charges of a `Judge` of this task.
  std::vector<VendorPrice> Prices(const DetectionTask& task) const;
  /// The vendors that a `Judge` of this task may ask.
  std::vector<std::string> VendorsToAsk(const DetectionTask& task) const;

  /// Blocks until every vendor asked has answered or failed; never throws. The verdict contains the
  /// findings of `look`, or is its claim. kVendorNotConfigured names the variables to set.
  PanelOutcome Judge(const DetectionTask& task, const LocalInspection& look,
                     Deadline deadline) const;

 private:
  const std::vector<std::shared_ptr<Detector>>& MembersFor(MediaKind kind) const noexcept;
  std::vector<std::shared_ptr<Detector>> MembersToAsk(const DetectionTask& task) const;
  void AskMembers(const DetectionTask& task, Deadline deadline, PanelOutcome& outcome) const;

  std::vector<std::shared_ptr<Detector>> image_;
  std::vector<std::shared_ptr<Detector>> video_;
  std::vector<std::shared_ptr<Detector>> text_;
  Clock& clock_;
  const PanelOptions options_;
};

}  // namespace vcache::detection
