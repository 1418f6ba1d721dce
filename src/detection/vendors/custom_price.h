#pragma once

#include <cstdint>

#include "json/json.h"
#include "vcache/detection/detector.h"
#include "vcache/detection/vendors/custom_vendor.h"

namespace vcache::detection {

/// The most that a call for this content can cost. Of a video whose length nothing proves, an hour
/// is reckoned where seconds are billed.
std::int64_t CustomPrice(const CustomOptions& options, const DetectionTask& task) noexcept;

/// What the answer says that it cost, where it is configured to say so; else that price.
std::int64_t CustomCost(const CustomOptions& options, const DetectionTask& task,
                        const Json& answer) noexcept;

}  // namespace vcache::detection
