#pragma once

#include <cstdint>

#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/cache_key.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::analysis {

/// What an analysis of the content costs by the configured prices, in millionths of a US dollar, if
/// nothing fails: for verdicts of other software, which do not tell what they cost. Of a video the
/// length is looked up in the file.
std::int64_t PriceNow(const detection::DetectorPanel& panel, const Content& content);

/// The same where nobody sent the content: the price of a picture, or of a short text.
std::int64_t PriceNow(const detection::DetectorPanel& panel, cache::ContentKind kind);

}  // namespace vcache::analysis
