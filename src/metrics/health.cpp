#include "vcache/metrics/health.h"

#include <utility>

namespace vcache::metrics {
namespace {

/// Fewer analyses make no meaningful hit rate.
constexpr std::int64_t kWarmAnalyses = 100;

/// What still caches while no store does: it decides how bad that is.
std::string WhatRemains(const StoreReadings& store) {
  if (store.has_fallback) return "The local store keeps what is paid for until then.";
  if (store.has_memory) return "Until then a restart forgets what was paid for.";
  return "Until then nothing is cached: every analysis is paid for.";
}

StateReason NoStore(const StoreReadings& store) {
  std::string message =
      "No store is open: CACHE_MODE=off, or neither CACHE_DIR nor Redis is configured, or the "
      "local store could not be opened (the log says so). ";
  message += store.has_memory ? "A restart forgets what was paid for."
                              : "Nothing is cached: every analysis is paid for.";
  return {"no_store", std::move(message)};
}

StateReason StoreAway(const StoreReadings& store) {
  const std::string_view advice =
      store.backend == "sqlite" ? "mend or move its damaged file in CACHE_DIR, and restart. "
                                : "check that its server runs, and its address and password. ";
  return {AlertName(AlertCode::kStoreAway), "The store (" + store.backend + ") does not serve: " +
                                                std::string(advice) + WhatRemains(store)};
}

StateReason WritesWaiting(std::uint64_t writes) {
  return {AlertName(AlertCode::kWritesWaiting),
          std::to_string(writes) + (writes == 1 ? " write waits" : " writes wait") +
              " for the store: it is full, read only or away. Should this number not fall, make "
              "room there or raise the plan."};
}

StateReason FewAnalyses(std::int64_t analyses) {
  return {"few_analyses", std::to_string(analyses) + " of " + std::to_string(kWarmAnalyses) +
                              " analyses: a hit rate says nothing yet. Nothing needs to be done."};
}

/// Of the store the findings of this moment say more than an alert, which outlasts them.
void AddAlerts(std::vector<StateReason>& reasons, std::span<const Alert> alerts) {
  for (const Alert& alert : alerts) {
    if (alert.code == AlertCode::kStoreAway || alert.code == AlertCode::kWritesWaiting) continue;
    reasons.push_back({AlertName(alert.code), alert.message});
  }
}

}  // namespace

std::vector<StateReason> StoreFindings(const StoreReadings& store) {
  std::vector<StateReason> findings;
  if (!store.available) findings.push_back(store.is_open ? StoreAway(store) : NoStore(store));
  // Also while the store answers look-ups: then it is full, or read-only.
  if (store.pending_writes > 0) findings.push_back(WritesWaiting(store.pending_writes));
  return findings;
}

Health HealthOf(const StoreReadings& store, std::int64_t analyses, std::span<const Alert> alerts) {
  Health health{"HEALTHY", StoreFindings(store)};
  AddAlerts(health.reasons, alerts);
  if (!store.available && !store.has_memory && !store.has_fallback) {
    health.state = "DOWN";
  } else if (!health.reasons.empty()) {
    health.state = "DEGRADED";
  } else if (analyses < kWarmAnalyses) {
    health.state = "WARMING";
    health.reasons.push_back(FewAnalyses(analyses));
  }
  return health;
}

}  // namespace vcache::metrics
