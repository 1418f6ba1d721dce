#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cache/stats_keys.h"
#include "vcache/cache/counters.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"
#include "vcache/redis/resp_client.h"

namespace vcache::cache {

/// The totals in Redis, for one command a write: each write is a field `pending:<hour>:<id>`. From
/// time to time a replica folds the pending fields into the totals and the hashes of hours and
/// days. Readers add the pending fields. Thread-safe.
class RedisCounters {
 public:
  /// All must outlive it.
  RedisCounters(const KeySpace& keys, redis::RespClient& client, const Clock& clock,
                const SumKeys& sums)
      : keys_(keys), client_(client), clock_(clock), sums_(sums) {}

  /// Without a fold. An empty id counts each time. Outcomes: as `RespClient::Run`.
  Result<redis::RespReply> Count(const CounterWrite& write, Deadline deadline);
  /// Outcomes: as `RespClient::Run`. Folds when it is due; a later fold makes up for a failed one.
  Result<redis::RespReply> Add(const CounterWrite& write, Deadline deadline);
  /// Another part has written a pending field.
  void NotePending();
  Result<CounterTotals> Read(WallTime now, Deadline deadline);
  Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline);
  Result<CounterTotals> Reset(WallTime now, Deadline deadline);

 private:
  bool TakeFold();
  void Fold(Deadline deadline);
  Result<std::vector<std::string>> FoldKeys(Deadline deadline);

  const KeySpace& keys_;
  redis::RespClient& client_;
  const Clock& clock_;
  const SumKeys& sums_;
  Mutex mutex_;
  std::optional<SteadyTime> folded_ VCACHE_GUARDED_BY(mutex_);  // by this replica
  std::size_t pending_ VCACHE_GUARDED_BY(mutex_) = 0;  // written by this replica since then
};

}  // namespace vcache::cache
