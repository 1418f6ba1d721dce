#pragma once

#include "json/json.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/vendors/custom_vendor.h"

namespace vcache::detection {

/// The highest charge of a call. Billed by seconds, a video of unproven length counts as an hour.
Usd CustomPrice(const CustomOptions& options, const DetectionTask& task) noexcept;

/// The charge that the answer states, if configured; otherwise that price.
Usd CustomCost(const CustomOptions& options, const DetectionTask& task,
               const Json& answer) noexcept;

}  // namespace vcache::detection
