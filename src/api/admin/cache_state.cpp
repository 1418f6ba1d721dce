#include "api/admin/cache_state.h"

#include <utility>

namespace vcache::api {
namespace {

using cache::Counter;

/// Fewer analyses make no meaningful hit rate.
constexpr std::int64_t kWarmAnalyses = 100;

/// What still caches while no store does: it decides how bad that is.
std::string WhatRemains(const ApiParts& parts) {
  if (parts.backing.has_fallback) return "The local store keeps what is paid for until then.";
  if (parts.memory != nullptr) return "Until then a restart forgets what was paid for.";
  return "Until then nothing is cached: every analysis is paid for.";
}

StateReason NoStore(const ApiParts& parts) {
  std::string message =
      "No store is open: CACHE_MODE=off, or neither CACHE_DIR nor Redis is configured, or the "
      "local "
      "store could not be opened (the log says so). ";
  message += parts.memory != nullptr ? "A restart forgets what was paid for."
                                     : "Nothing is cached: every analysis is paid for.";
  return {"no_store", std::move(message)};
}

StateReason StoreAway(const ApiParts& parts) {
  const std::string backend(parts.backing.name());
  const std::string_view advice =
      backend == "sqlite" ? "mend or move its damaged file in CACHE_DIR, and restart. "
                          : "check that its server runs, and its address and password. ";
  return {"store_away", "The store (" + backend + ") does not serve: " + std::string(advice) +
                            WhatRemains(parts)};
}

StateReason WritesWaiting(std::uint64_t writes) {
  return {"writes_waiting", std::to_string(writes) +
                                (writes == 1 ? " write waits" : " writes wait") +
                                " for the store: it is full, read only or away. Should this number "
                                "not fall, make room there or raise the plan."};
}

StateReason FewAnalyses(std::int64_t analyses) {
  return {"few_analyses", std::to_string(analyses) + " of " + std::to_string(kWarmAnalyses) +
                              " analyses: a hit rate says nothing yet. Nothing needs to be done."};
}

std::int64_t AnalysesIn(const cache::Counters& totals) {
  return totals.total(Counter::kHits) + totals.total(Counter::kMisses) +
         totals.total(Counter::kCoalesced);
}

}  // namespace

CacheState CacheStateOf(const ApiParts& parts, const cache::Counters& totals) {
  const BackingStore& backing = parts.backing;
  CacheState result;
  result.enabled = backing.available();
  result.status = result.enabled ? std::string_view(backing.serving) : "disconnected";
  result.backend = backing.name();
  result.state = "HEALTHY";
  result.pending_writes = backing.pending_writes ? backing.pending_writes() : 0;
  if (!result.enabled) {
    result.state = parts.memory != nullptr || backing.has_fallback ? "DEGRADED" : "DOWN";
    result.reasons.push_back(backing.store == nullptr ? NoStore(parts) : StoreAway(parts));
  }
  if (result.pending_writes > 0) {
    // Also while the store answers look-ups: then it is full, or read-only.
    if (result.enabled) result.state = "DEGRADED";
    result.reasons.push_back(WritesWaiting(result.pending_writes));
  }
  const std::int64_t analyses = AnalysesIn(totals);
  if (result.reasons.empty() && analyses < kWarmAnalyses) {
    result.state = "WARMING";
    result.reasons.push_back(FewAnalyses(analyses));
  }
  return result;
}

}  // namespace vcache::api
