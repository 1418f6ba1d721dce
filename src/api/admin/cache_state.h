#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/api/api.h"

namespace vcache::api {

/// Why the state is not `HEALTHY`.
struct StateReason {
  std::string_view code;  ///< Of a closed set, which docs/api.md lists.
  std::string message;    ///< What is wrong, with its figures, and what to do.
};

/// How the cache stands, in one word each.
struct CacheState {
  bool enabled = false;
  std::string_view status;
  std::string_view backend;
  std::string_view state;
  std::uint64_t pending_writes = 0;
  std::vector<StateReason> reasons{};  ///< Empty if `HEALTHY`.
};

/// Costs no command of a store. The views point into `parts`.
CacheState CacheStateOf(const ApiParts& parts, const cache::Counters& totals);

}  // namespace vcache::api
