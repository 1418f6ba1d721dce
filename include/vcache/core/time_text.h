#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"

namespace vcache {

/// `2026-11-21T10:15:00Z` (RFC 3339, UTC, whole seconds).
std::string FormatTime(WallTime time);

/// Reads what `FormatTime` writes; drops fractions of a second. Empty for other texts and for years
/// outside `WallTime`.
std::optional<WallTime> ParseTime(std::string_view text);

}  // namespace vcache
