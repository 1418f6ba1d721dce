#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vcache/analysis/analysis_service.h"
#include "vcache/core/clock.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// What the request itself shows of the content; empty where it sent none.
struct SentContent {
  std::string_view file_name{};
  std::string_view media_type{};
  std::optional<std::uint64_t> bytes{};
};

/// An analysis as clients see it: the body of DESIGN section 6, `X-Cache`, `Cache-Status` (RFC
/// 9211) and `Age`. What is unknown is null, and has no header.
http::Response AnalysisResponse(const analysis::Analysis& analysis, const SentContent& sent,
                                const Clock& clock);

/// Marks an error answer that came after the cache was asked and did not know the content.
void MarkMiss(http::Response& response);

}  // namespace vcache::api
