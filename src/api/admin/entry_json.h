#pragma once

#include "json/json.h"
#include "vcache/cache/entry_store.h"
#include "vcache/core/clock.h"

namespace vcache::api {

/// One entry in a listing. What is not known is null.
Json EntrySummary(const cache::KeptEntry& kept, WallTime now);

}  // namespace vcache::api
