#pragma once

#include <utility>
#include <vector>

#include "vcache/analysis/analysis_observer.h"

namespace vcache::analysis {

/// Calls several observers in their order. They must outlive it.
class ObserverList final : public AnalysisObserver {
 public:
  explicit ObserverList(std::vector<AnalysisObserver*> observers)
      : observers_(std::move(observers)) {}

  void OnHit(const cache::CacheKey& key, std::string_view file_name, cache::Tier tier,
             Usd saved) override {
    for (auto* each : observers_) each->OnHit(key, file_name, tier, saved);
  }
  void OnMiss(const cache::CacheKey& key, std::string_view file_name,
              const cache::LookupResult& found) override {
    for (auto* each : observers_) each->OnMiss(key, file_name, found);
  }
  void OnJoined(const cache::CacheKey& key, std::string_view file_name, Usd saved) override {
    for (auto* each : observers_) each->OnJoined(key, file_name, saved);
  }
  void OnShadow(const cache::CacheKey& key, std::string_view file_name, bool is_hit,
                Usd saved) override {
    for (auto* each : observers_) each->OnShadow(key, file_name, is_hit, saved);
  }
  void OnLookup(const cache::CacheKey& key, const cache::LookupResult& found, Usd spared) override {
    for (auto* each : observers_) each->OnLookup(key, found, spared);
  }
  void OnCorrupt(const cache::CacheKey& key, std::string_view reason) override {
    for (auto* each : observers_) each->OnCorrupt(key, reason);
  }
  void OnPaid(const cache::CacheKey& key, const cache::Counters& counters, bool kept) override {
    for (auto* each : observers_) each->OnPaid(key, counters, kept);
  }
  void OnCharged(const cache::CacheKey& key, std::string_view vendor, Usd charge) override {
    for (auto* each : observers_) each->OnCharged(key, vendor, charge);
  }
  void OnNotStored(const cache::CacheKey& key, const Error& error) override {
    for (auto* each : observers_) each->OnNotStored(key, error);
  }
  void OnHeldBack(const cache::CacheKey& key) override {
    for (auto* each : observers_) each->OnHeldBack(key);
  }
  void OnError(const cache::CacheKey& key, const Error& error) override {
    for (auto* each : observers_) each->OnError(key, error);
  }

 private:
  const std::vector<AnalysisObserver*> observers_;
};

}  // namespace vcache::analysis
