#pragma once

#include <atomic>
#include <initializer_list>
#include <string>
#include <utility>

#include "vcache/analysis/analysis_observer.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/log.h"

namespace vcache::analysis {

/// Logs each analysis: `Cache HIT file=photo.jpg kind=analysis digest=a3f7b9c2e1d4 ...`. File names
/// are cut; content never appears. The digest is the stored one: with `KEY_SECRET` no line holds
/// digits of a content's plain hash. One line says that verdicts cannot be stored, one that they
/// are stored again; each failed write is logged at `debug`.
class LoggingObserver final : public AnalysisObserver {
 public:
  /// The logger must outlive it; `keys` gives the stored digests.
  explicit LoggingObserver(Logger& logger, cache::KeySpace keys = cache::KeySpace())
      : logger_(logger), keys_(std::move(keys)) {}

  void OnHit(const cache::CacheKey& key, std::string_view file_name, cache::Tier tier,
             Usd saved) override;
  void OnMiss(const cache::CacheKey& key, std::string_view file_name,
              const cache::LookupResult& found) override;
  void OnJoined(const cache::CacheKey& key, std::string_view file_name, Usd saved) override;
  void OnShadow(const cache::CacheKey& key, std::string_view file_name, bool is_hit,
                Usd saved) override;
  void OnLookup(const cache::CacheKey& key, const cache::LookupResult& found, Usd spared) override;
  void OnCorrupt(const cache::CacheKey& key, std::string_view reason) override;
  void OnPaid(const cache::CacheKey& key, const cache::Counters& counters, bool kept) override;
  void OnNotStored(const cache::CacheKey& key, const Error& error) override;
  void OnError(const cache::CacheKey& key, const Error& error) override;

 private:
  std::string DigestOf(const cache::CacheKey& key) const;
  void Tell(LogMessage message, const cache::CacheKey& key, std::string_view file_name,
            std::initializer_list<LogField> more) const;

  Logger& logger_;
  const cache::KeySpace keys_;
  std::atomic<bool> stores_nothing_{false};
};

}  // namespace vcache::analysis
