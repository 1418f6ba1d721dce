#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/reader.h"
#include "json/json.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/core/clock.h"
#include "vcache/http/parsing/message.h"

namespace vcache::api {

/// What the request states of the content; empty fields where it states nothing.
struct SentContent {
  std::string_view file_name{};
  std::string_view media_type{};
  std::optional<std::uint64_t> bytes{};
};

/// Adds the members `analysis` and `cache` for this reader, and notes the first in its history.
void AddAnalysis(Json& json, const analysis::Analysis& analysis, const SentContent& sent,
                 WallTime now, const Reader& reader = {});

/// The client's answer: JSON body, `X-Cache`, `Cache-Status` (RFC 9211) and `Age`. Unknown values
/// are null and have no header.
http::Response AnalysisResponse(const analysis::Analysis& analysis, const SentContent& sent,
                                const Clock& clock, const Reader& reader = {});

/// Marks an error answer that the cache could or should not spare.
void MarkUncached(http::Response& response, const analysis::CacheUse& use = {});

}  // namespace vcache::api
