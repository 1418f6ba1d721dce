#pragma once

#include <string_view>

#include "vcache/analysis/analysis_service.h"
#include "vcache/core/clock.h"
#include "vcache/http/message.h"

namespace vcache::api {

/// An analysis as clients see it: the body of DESIGN section 6, `X-Cache`, `Cache-Status` (RFC
/// 9211) and `Age`.
http::Response AnalysisResponse(const analysis::Analysis& analysis, std::string_view file_name,
                                const Clock& clock);

/// Marks an error answer that came after the cache was asked and did not know the content.
void MarkMiss(http::Response& response);

}  // namespace vcache::api
