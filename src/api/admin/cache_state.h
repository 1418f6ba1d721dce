#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/api/api.h"

namespace vcache::api {

/// How the cache stands, in one word each.
struct CacheState {
  bool enabled = false;
  std::string_view status;
  std::string_view backend;
  std::string_view state;
  std::uint64_t pending_writes = 0;
  std::vector<metrics::StateReason> reasons{};  ///< Empty if `HEALTHY`.
  std::vector<metrics::Alert> alerts{};         ///< What is raised, the oldest first.
};

/// Costs no command of a store. The views point into `parts`.
CacheState CacheStateOf(const ApiParts& parts, const cache::Counters& totals);

}  // namespace vcache::api
