#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/analysis/analysis_observer.h"
#include "vcache/metrics/alert.h"

namespace vcache::metrics {

/// What a request was about; a closed set, so that nobody can make up series.
enum class RouteClass { kAnalysis, kLookup, kAdmin, kHealth, kOther };

/// What is read at the moment of a scrape. Making it must cost no command of the shared store.
struct Readings {
  bool store_available = false;
  std::uint64_t pending_writes = 0;
  std::uint64_t memory_entries = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t spool_memory_bytes = 0;
  std::uint64_t spool_disk_bytes = 0;
  struct Vendor {
    std::string name;
    bool available = false;  ///< Its circuit breaker lets calls through.
  };
  std::vector<Vendor> vendors{};
  std::vector<Alert> alerts{};  ///< Those that are raised.
};

/// The counts of this process since its start, in Prometheus' text format. Names and units follow
/// https://prometheus.io/docs/practices/naming/; all label values are closed sets. Thread-safe; no
/// hook waits.
class Exporter final : public analysis::AnalysisObserver {
 public:
  /// `vendors`: the names that the label `vendor` may have.
  Exporter(std::string_view version, const std::vector<std::string>& vendors);
  ~Exporter() override;

  /// What a scrape gets (`text/plain; version=0.0.4`).
  std::string Text(const Readings& readings);

  void OnRequest(RouteClass route, int status, std::chrono::nanoseconds took,
                 std::uint64_t bytes_in, std::uint64_t bytes_out);

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
  void OnCharged(const cache::CacheKey& key, std::string_view vendor, Usd charge) override;
  void OnNotStored(const cache::CacheKey& key, const Error& error) override;
  void OnHeldBack(const cache::CacheKey& key) override;
  void OnError(const cache::CacheKey& key, const Error& error) override;

 private:
  struct Series;
  const std::unique_ptr<Series> series_;
};

}  // namespace vcache::metrics
