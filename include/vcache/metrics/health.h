#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/metrics/alert.h"

namespace vcache::metrics {

/// How the store behind the memory tier stands, as the process knows it: no store is asked.
struct StoreReadings {
  std::string backend;      ///< Its name in answers.
  bool is_open = false;     ///< False: there is none.
  bool available = false;   ///< It answers.
  bool has_memory = false;  ///< There is a memory tier.
  /// Whether the disk keeps verdicts while the store is unavailable.
  bool has_fallback = false;
  std::uint64_t pending_writes = 0;
};

/// Why the state is not `HEALTHY`.
struct StateReason {
  std::string_view code;  ///< Of a closed set, which docs/api.md lists.
  std::string message;    ///< What is wrong, with its figures, and what to do.
};

struct Health {
  std::string_view state;              ///< `HEALTHY`, `WARMING`, `DEGRADED` or `DOWN`
  std::vector<StateReason> reasons{};  ///< Empty if `HEALTHY`.
};

/// What is wrong with the store now: `no_store` or `store_away`, and `writes_waiting`. The alerts
/// of the same names have these messages.
std::vector<StateReason> StoreFindings(const StoreReadings& store);

/// `analyses`: how many there were so far. The store counts as it is now, all else while an alert
/// is raised.
Health HealthOf(const StoreReadings& store, std::int64_t analyses, std::span<const Alert> alerts);

}  // namespace vcache::metrics
