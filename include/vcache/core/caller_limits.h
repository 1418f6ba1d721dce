#pragma once

#include <cstdint>
#include <optional>

#include "vcache/core/usd.h"

namespace vcache {

/// What one key may do and spend, where that differs from what holds for all.
struct CallerLimits {
  /// Look-ups and, counted apart, analyses in a minute; empty: as for all.
  std::optional<std::uint64_t> per_minute{};
  /// What its paid calls may cost in a UTC day; empty: no limit of its own.
  std::optional<Usd> daily_budget{};

  friend bool operator==(const CallerLimits&, const CallerLimits&) = default;
};

}  // namespace vcache
