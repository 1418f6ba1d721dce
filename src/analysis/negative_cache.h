#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/core/error.h"
#include "vcache/core/mutex.h"

namespace vcache::analysis {

struct FailureHoldOptions {
  /// The pause after a first failure, and the longest after repeated ones: each doubles the one
  /// before. 0 turns pauses off.
  std::chrono::seconds first{1};
  std::chrono::seconds longest{30};
  /// Contents remembered at once; beyond, the oldest are forgotten early.
  std::size_t max_contents = 4'096;
};

/// After a call that failed, the content is left alone for a moment: whoever asks meanwhile gets
/// the same error, so that a content that fails does not hammer a paid vendor. Thread-safe; the
/// clock must outlive it.
class NegativeCache {
 public:
  NegativeCache(FailureHoldOptions options, Clock& clock) : options_(options), clock_(clock) {}

  /// The error to answer with while a pause lasts, with what is left of it as `retry_after`.
  std::optional<Error> Find(const cache::CacheKey& key);
  /// Notes a failure and returns it with the pause that begins as `retry_after`, or the vendor's
  /// own where that is longer.
  Error Begin(const cache::CacheKey& key, Error error);
  /// A call succeeded: the next failure is a first one again.
  void End(const cache::CacheKey& key);

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
  std::unordered_map<cache::CacheKey, Hold> failures_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::analysis
