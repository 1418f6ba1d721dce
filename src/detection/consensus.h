#pragma once

#include <vector>

#include "detection/fan_out.h"
#include "vcache/core/clock.h"
#include "vcache/core/detection_mode.h"
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::detection {

/// Fills in the costs, also without a verdict. `asked` are the first of `members`.
void Account(const Members& members, const std::vector<Asked>& asked, const DetectionTask& task,
             PanelOutcome& outcome);

/// The verdict of the successful vendors, with the others' errors; `partial` when a consensus lacks
/// one. Without success: the first error with the worst charge; in a fallback with the earliest
/// retry time.
/// With `earlier`, a partial verdict or null, it joins its answers.
Result<Verdict> Combine(std::vector<Asked>& asked, DetectionMode mode, WallTime now,
                        const Verdict* earlier);

}  // namespace vcache::detection
