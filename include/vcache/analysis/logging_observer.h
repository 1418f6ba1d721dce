#pragma once

#include "vcache/analysis/analysis_observer.h"
#include "vcache/core/log.h"

namespace vcache::analysis {

/// Tells the log what an operator wants to see of every analysis: `Cache HIT for photo.jpg
/// (a3f7b9c2e1d4...)`. File names are escaped and cut; content never appears.
class LoggingObserver final : public AnalysisObserver {
 public:
  /// The logger must outlive it.
  explicit LoggingObserver(Logger& logger) : logger_(logger) {}

  void OnHit(const cache::CacheKey& key, std::string_view file_name, cache::Tier tier,
             std::int64_t saved_micros) override;
  void OnMiss(const cache::CacheKey& key, std::string_view file_name,
              const cache::LookupResult& found) override;
  void OnJoined(const cache::CacheKey& key, std::string_view file_name,
                std::int64_t saved_micros) override;
  void OnLookup(const cache::CacheKey& key, const cache::LookupResult& found,
                std::int64_t spared_micros) override;
  void OnCorrupt(const cache::CacheKey& key, std::string_view reason) override;
  void OnPaid(const cache::CacheKey& key, const cache::Counters& counters, bool kept) override;
  void OnNotKept(const cache::CacheKey& key, const Error& error) override;
  void OnError(const cache::CacheKey& key, const Error& error) override;

 private:
  Logger& logger_;
};

}  // namespace vcache::analysis
