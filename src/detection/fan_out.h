#pragma once

#include <memory>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/interruptible_timer.h"

namespace vcache::detection {

using Members = std::vector<std::shared_ptr<Detector>>;

/// A vendor that was asked, and its outcome: a detection with a score, or an error.
struct Asked {
  Detector* member;  ///< Owned by the panel.
  Result<Detection> answer;
};

/// Calls `Detect`, and turns an exception or an answer without a score into an error.
Result<Detection> Ask(Detector& member, const DetectionTask& task, Deadline deadline) noexcept;

/// Fan-out to all vendors, which must not be none; the first runs on this thread. Keeps their
/// order.
std::vector<Asked> AskAll(const Members& members, const DetectionTask& task, Deadline deadline);

/// Asks one vendor after another until one succeeds. A possibly charged failure does not stop it:
/// errors are not cached, so the next upload would pay the failed vendor again. No call begins with
/// less than a second left or while the service stops: it would be cut off and paid. `pauses`
/// signals the stop, or is null.
std::vector<Asked> AskInOrder(const Members& members, const DetectionTask& task, Deadline deadline,
                              Clock& clock, const InterruptibleTimer* pauses);

}  // namespace vcache::detection
