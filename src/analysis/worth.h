#pragma once

#include "vcache/analysis/analysis_service.h"
#include "vcache/cache/cache_key.h"
#include "vcache/detection/detector_panel.h"

namespace vcache::analysis {

/// The usual price of an analysis, for verdicts of other software, which state none. Reads a
/// video's length from the file.
Usd PriceNow(const detection::DetectorPanel& panel, const Content& content);

/// The same without the content: the price of a picture, or of a short text.
Usd PriceNow(const detection::DetectorPanel& panel, cache::ContentKind kind);

}  // namespace vcache::analysis
