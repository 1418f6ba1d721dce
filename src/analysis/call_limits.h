#pragma once

#include <optional>

#include "vcache/analysis/analysis_service.h"
#include "vcache/core/error.h"
#include "vcache/detection/detector.h"

namespace vcache::analysis {

/// The error when one analysis is over a fixed limit, whatever the budget: kVideoTooLong or
/// kTooExpensive, with `Charge::kNone`. `task` holds the facts of the local inspection.
/// `price` is the most that all its vendors together can charge.
std::optional<Error> OverLimit(const AnalysisOptions& options, const detection::DetectionTask& task,
                               Usd price);

}  // namespace vcache::analysis
