#pragma once

#include <chrono>
#include <map>

#include "vcache/cache/counters.h"
#include "vcache/core/clock.h"

namespace vcache::metrics {

/// Counts by hour and day in memory, for as long as a store would keep them: at most 400 days and
/// 192 hours. Not thread-safe.
class CounterHistory {
 public:
  void Add(const cache::Counters& delta, WallTime when);
  cache::CounterSeries Read(const cache::CounterRange& range) const;

 private:
  using Period = std::chrono::sys_time<std::chrono::hours>;  ///< When it begins.
  std::map<Period, cache::Counters> hours_;
  std::map<Period, cache::Counters> days_;
};

}  // namespace vcache::metrics
