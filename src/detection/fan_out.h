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

/// A vendor that was asked, and what came of it: a detection with a score, or an error.
struct Asked {
  Detector* member;  ///< Owned by the panel.
  Result<Detection> answer;
};

/// What `Detect` says, and an error in place of an exception or of an answer without a score.
Result<Detection> Ask(Detector& member, const DetectionTask& task, Deadline deadline) noexcept;

/// Asks all at the same time, the first on this thread, each other on one of its own. In the order
/// of `members`, of which there is at least one.
std::vector<Asked> AskAll(const Members& members, const DetectionTask& task, Deadline deadline);

/// Asks one after another until one gives a verdict: what comes back ends with it, or holds errors
/// only. The next one is asked whatever the failure before may have cost: an error is not kept, so
/// stopping there would have the next upload pay the vendor that has just failed, again and again.
/// Nobody is begun with less than a second left, or while the service stops: a call that is cut off
/// is paid for nothing. `pauses` tells of the stop; null: nothing does.
std::vector<Asked> AskInOrder(const Members& members, const DetectionTask& task, Deadline deadline,
                              Clock& clock, const InterruptibleTimer* pauses);

}  // namespace vcache::detection
