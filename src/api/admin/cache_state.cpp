#include "api/admin/cache_state.h"

#include <utility>

namespace vcache::api {

using cache::Counter;

CacheState CacheStateOf(const ApiParts& parts, const cache::Counters& totals) {
  const metrics::StoreReadings store = parts.backing.Read(parts.memory != nullptr);
  CacheState result;
  result.enabled = store.available;
  result.status = store.available ? std::string_view(parts.backing.serving) : "disconnected";
  result.backend = parts.backing.name();
  result.pending_writes = store.pending_writes;
  if (parts.alerts != nullptr) result.alerts = parts.alerts->Active();
  const std::int64_t analyses = totals.total(Counter::kHits) + totals.total(Counter::kMisses) +
                                totals.total(Counter::kCoalesced) +
                                totals.total(Counter::kShadowHits) +
                                totals.total(Counter::kShadowMisses);
  metrics::Health health = metrics::HealthOf(store, analyses, result.alerts);
  result.state = health.state;
  result.reasons = std::move(health.reasons);
  return result;
}

}  // namespace vcache::api
