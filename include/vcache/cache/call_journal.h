#pragma once

#include <string>
#include <vector>

#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"
#include "vcache/core/usd.h"

namespace vcache::cache {

/// A paid call in flight.
struct CallNote {
  std::string id{};    ///< Unique: `RandomId()`.
  std::string name{};  ///< `analysis:<hash>`, the stored name.
  ContentKind kind = ContentKind::kAnalysis;
  Usd price{};  ///< The most that the call can cost.
  WallTime begun{};
  std::string lease_token{};  ///< Of the lease that it is paid under; empty without one.
};

/// Paid calls in flight, on disk. After a crash it shows which calls may have been charged without
/// a recorded answer. Thread-safe; calls block until `deadline` at most. Error: kStoreUnavailable.
class CallJournal {
 public:
  virtual ~CallJournal() = default;

  virtual Result<void> Begin(const CacheKey& key, const CallNote& note, Deadline deadline) = 0;
  virtual Result<void> End(const std::string& id, Deadline deadline) = 0;
  /// Takes over and returns the calls of processes that no longer run, oldest first. Strike each
  /// out with `End` once it is counted: after a crash before that, the next process takes it over.
  virtual Result<std::vector<CallNote>> TakeUnfinished(Deadline deadline) = 0;
};

}  // namespace vcache::cache
