#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/core/error.h"
#include "vcache/core/mutex.h"

namespace vcache::analysis {

struct FailureHoldOptions {
  /// The first pause, and the longest: each failure in a row doubles it. 0 turns the cache off.
  std::chrono::seconds first{1};
  std::chrono::seconds longest{30};
  /// Contents remembered at once; beyond, the entry that expires first is evicted.
  std::size_t max_contents = 4'096;
};

/// A negative cache. After a failed call, requests for the content get its error for a while, to
/// spare the vendor. Thread-safe; the clock must outlive it.
class NegativeCache {
 public:
  NegativeCache(FailureHoldOptions options, Clock& clock) : options_(options), clock_(clock) {}

  /// The error to answer with during a pause; `retry_after` is what is left of the pause.
  std::optional<Error> Find(const cache::CacheKey& key);
  /// Records a failure. Returns it with the new pause, or the vendor's if longer, as `retry_after`.
  /// `last`: the pause before this failure, where another replica made it.
  Error Begin(const cache::CacheKey& key, Error error, std::chrono::seconds last = {});
  /// A call succeeded: the next failure counts as the first.
  void End(const cache::CacheKey& key);
  /// A clear lifts all pauses: `clears` changes with each.
  void Lift(std::uint64_t clears);

 private:
  struct Hold {
    Error error;
    std::chrono::seconds pause{0};
    SteadyTime until{};
  };
  void MakeRoom() VCACHE_REQUIRES(mutex_);

  const FailureHoldOptions options_;
  Clock& clock_;
  Mutex mutex_;
  std::uint64_t clears_ VCACHE_GUARDED_BY(mutex_) = 0;
  std::unordered_map<cache::CacheKey, Hold> failures_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::analysis
