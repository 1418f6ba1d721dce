#pragma once

#include <chrono>
#include <string_view>

#include "vcache/cache/cache_key.h"
#include "vcache/cache/counters.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/error.h"
#include "vcache/core/usd.h"

namespace vcache::analysis {

/// Events of `AnalysisService`, for counting and logging. Every hook is empty by default. Hooks are
/// called from any thread, several at a time, never under a lock; they must not block or throw.
class AnalysisObserver {
 public:
  virtual ~AnalysisObserver() = default;

  virtual void OnHit(const cache::CacheKey&, std::string_view /*file_name*/, cache::Tier,
                     Usd /*saved*/) {}
  virtual void OnMiss(const cache::CacheKey&, std::string_view /*file_name*/,
                      const cache::LookupResult&) {}
  virtual void OnJoined(const cache::CacheKey&, std::string_view /*file_name*/, Usd /*saved*/) {}
  /// In the shadow: the answer comes from the vendors. `saved` is what a hit would have saved.
  virtual void OnShadow(const cache::CacheKey&, std::string_view /*file_name*/, bool /*is_hit*/,
                        Usd /*saved*/) {}
  /// A store answered a look-up by hash; the client sent no content. `spared` is what an
  /// analysis would have cost, 0 where that is unknown.
  virtual void OnLookup(const cache::CacheKey&, const cache::LookupResult&, Usd /*spared*/) {}
  virtual void OnCorrupt(const cache::CacheKey&, std::string_view /*reason*/) {}
  /// The vendors answered or failed. Unless `kept`, the observer must add the counters itself.
  virtual void OnPaid(const cache::CacheKey&, const cache::Counters& /*counters*/, bool /*kept*/) {}
  /// One vendor charged so much for a call, or perhaps; before `OnPaid` of the same flight.
  virtual void OnCharged(const cache::CacheKey&, std::string_view /*vendor*/, Usd /*charge*/) {}
  /// A paid verdict could not be stored: the next request may pay again.
  virtual void OnNotStored(const cache::CacheKey&, const Error&) {}
  /// No call was paid for: earlier ones were charged and gave no verdict.
  virtual void OnHeldBack(const cache::CacheKey&) {}
  /// One caller of `Analyze` got an error.
  virtual void OnError(const cache::CacheKey&, const Error&) {}
};

}  // namespace vcache::analysis
