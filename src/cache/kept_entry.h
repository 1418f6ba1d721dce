#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/cache/entry_store.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

/// What a stored value says. `ends_at` is the end of its life in the store, if that tells; else the
/// entry's own counts. Empty if nothing of it is served any more.
std::optional<KeptEntry> ReadKept(const CacheKey& stored, std::string_view value, bool accept_demo,
                                  std::optional<WallTime> ends_at, WallTime now);

/// kBadRequest for a cursor that no page has returned.
Error ForeignCursor();

}  // namespace vcache::cache
