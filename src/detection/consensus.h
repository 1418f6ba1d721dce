#pragma once

#include <vector>

#include "detection/fan_out.h"
#include "vcache/core/clock.h"
#include "vcache/core/detection_mode.h"
#include "vcache/core/result.h"
#include "vcache/core/verdict.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::detection {

/// Fills in what the calls cost, whether or not they led to anything. `asked` are the first of
/// `members`; the others took nothing.
void Account(const Members& members, const std::vector<Asked>& asked, const DetectionTask& task,
             PanelOutcome& outcome);

/// The verdict of those that gave one, with the others beside it as errors; `partial` when it is a
/// consensus that misses one. Without any verdict, the error of the first with the worst charge of
/// all; in a fallback with the soonest time at which one of them may answer again. Takes texts out
/// of `asked`.
Result<Verdict> Combine(std::vector<Asked>& asked, DetectionMode mode, WallTime now);

}  // namespace vcache::detection
