#pragma once

#include <optional>
#include <string_view>

#include "api/reader.h"
#include "json/json.h"
#include "vcache/cache/cache_key.h"
#include "vcache/cache/history_store.h"
#include "vcache/core/error.h"

namespace vcache::api {

/// For requests about histories where none is kept.
Error HistoryTurnedOff();

/// As answers tell it: what was noted, and `createdAt`. Null if it is unreadable.
Json RecordJson(const cache::HistoryRecord& record);

/// The content that was analysed; empty if the record is unreadable.
std::optional<cache::CacheKey> KeyOfRecord(const cache::HistoryRecord& record);

/// Whether that has the form of an analysis' id: a UUID.
bool IsAnalysisId(std::string_view text) noexcept;

}  // namespace vcache::api
