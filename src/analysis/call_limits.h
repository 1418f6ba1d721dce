#pragma once

#include <cstdint>
#include <optional>

#include "vcache/analysis/analysis_service.h"
#include "vcache/core/error.h"
#include "vcache/detection/detector.h"

namespace vcache::analysis {

/// Why one analysis may never be paid for, whatever the budget has left: kVideoTooLong or
/// kTooExpensive, with `Charge::kNone`. `task` was told what the first look found; `price_micros`
/// is the most that all its vendors together can charge.
std::optional<Error> OverLimit(const AnalysisOptions& options, const detection::DetectionTask& task,
                               std::int64_t price_micros);

}  // namespace vcache::analysis
