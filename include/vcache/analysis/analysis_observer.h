#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/cache/counters.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/error.h"

namespace vcache::analysis {

/// What happens in `AnalysisService`, for those who count and log. Every hook is empty until
/// somebody needs it. Called from any thread, several at a time, never under a lock; must not block
/// or throw.
class AnalysisObserver {
 public:
  virtual ~AnalysisObserver() = default;

  virtual void OnHit(const cache::CacheKey&, std::string_view /*file_name*/, cache::Tier,
                     std::int64_t /*saved_micros*/) {}
  virtual void OnMiss(const cache::CacheKey&, std::string_view /*file_name*/,
                      const cache::LookupResult&) {}
  virtual void OnJoined(const cache::CacheKey&, std::string_view /*file_name*/,
                        std::int64_t /*saved_micros*/) {}
  /// A look-up by hash, that a store answered: nobody sent the content. `spared_micros` is what an
  /// analysis would have cost, 0 where nothing is known.
  virtual void OnLookup(const cache::CacheKey&, const cache::LookupResult&,
                        std::int64_t /*spared_micros*/) {}
  virtual void OnCorrupt(const cache::CacheKey&, std::string_view /*reason*/) {}
  /// The vendors answered or failed. `kept`: the counters are in the store with the verdict
  /// already; else whoever observes must add them.
  virtual void OnPaid(const cache::CacheKey&, const cache::Counters& /*counters*/, bool /*kept*/) {}
  /// A verdict that was paid for could not be stored: the next request may pay again.
  virtual void OnNotStored(const cache::CacheKey&, const Error&) {}
  /// One caller of `Analyze` got an error.
  virtual void OnError(const cache::CacheKey&, const Error&) {}
};

}  // namespace vcache::analysis
