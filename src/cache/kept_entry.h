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

/// Whether the stored value may give way to the entry of a copy.
bool GivesWay(std::string_view stored, const EntryWrite& write, bool accept_demo, WallTime now);
/// The value to store for it. `ends_at`: for stores that keep it in the value.
std::string ValueOf(const EntryWrite& write, const EntryFormatOptions& format,
                    std::optional<WallTime> ends_at);

/// kBadRequest for a cursor that no page has returned.
Error ForeignCursor();

}  // namespace vcache::cache
