#pragma once

#include <cstddef>
#include <span>

#include "cache/redis/redis_delivery.h"
#include "vcache/cache/entry.h"

namespace vcache::cache {

// Repairs after the server has lost its data.

/// Stores the entries that the server lacks: one SET each, in one round trip. The number stored.
/// Error: kStoreUnavailable.
Result<std::size_t> PutBackCopies(const DeliveryOptions& options, const EntryFormatOptions& format,
                                  std::span<const StoredCopy> copies, Deadline deadline);

/// Raises the totals and those of the day to `at_least`: EVALSHA and at most four commands inside.
/// Error: kStoreUnavailable.
Result<void> RaiseTotalsTo(const DeliveryOptions& options, const CounterTotals& at_least,
                           Deadline deadline);

}  // namespace vcache::cache
