#pragma once

#include <vector>

#include "detection/fan_out.h"
#include "vcache/core/clock.h"
#include "vcache/core/detection_mode.h"
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::detection {

/// Fills in the costs of the calls, also without a verdict. `asked` are the first of `members`; the
/// others charged nothing.
void Account(const Members& members, const std::vector<Asked>& asked, const DetectionTask& task,
             PanelOutcome& outcome);

/// The verdict of the successful vendors, with the others' errors; `partial` when a consensus lacks
/// one. Without success: the first error with the worst charge of all; in a fallback with the
/// earliest retry time. Moves texts out of `asked`.
Result<Verdict> Combine(std::vector<Asked>& asked, DetectionMode mode, WallTime now);

}  // namespace vcache::detection
