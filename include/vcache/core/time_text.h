#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vcache/core/clock.h"

namespace vcache {

/// `2026-11-21T10:15:00Z` (RFC 3339, UTC, whole seconds).
std::string FormatTime(WallTime time);

/// Reads what `FormatTime` writes, dropping fractions. Empty for other texts and out-of-range
/// years.
std::optional<WallTime> ParseTime(std::string_view text);

}  // namespace vcache
