#pragma once

#include <atomic>
#include <cstdint>

#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// Memory in front of a durable store. A verdict found in the backing store is put into memory with
/// its remaining life, and served past the tier's own limit while the backing store is away; `Put`
/// writes to the backing store first. Either tier may be null; without
/// both, every look-up is a miss and nothing is stored. Thread-safe; the tiers must outlive it.
class TieredStore final : public VerdictStore {
 public:
  TieredStore(MemoryStore* memory, VerdictStore* backing) : memory_(memory), backing_(backing) {}

  /// Asks the memory tier only. A miss says nothing about the backing store.
  LookupResult LookupMemory(const CacheKey& key);

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  /// Stores in memory even when the backing store fails; returns that error.
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  /// Only the backing store keeps it.
  Result<void> HoldBack(const CacheKey& key, const ChargedFailure& failure,
                        Deadline deadline) override {
    return backing_ != nullptr ? backing_->HoldBack(key, failure, deadline) : Result<void>();
  }
  /// Clears every tier. Reports the backing store's entries and those that only memory had.
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  /// Clears the memory tier: another replica has cleared the backing store.
  void ClearMemory(const KeyPattern& pattern);
  /// Changes with each clear, also of another replica.
  std::uint64_t clears() const noexcept { return clears_.load(); }
  bool available() const noexcept override;
  std::optional<SteadyTime> away_since() const noexcept override;

  /// Whether `Put` stores a verdict, and whether it stores the counters (memory does not). Without
  /// a tier `Put` succeeds and stores nothing.
  bool keeps() const noexcept { return memory_ != nullptr || backing_ != nullptr; }
  bool keeps_counters() const noexcept { return backing_ != nullptr; }

 private:
  void CatchUpWithClears() VCACHE_EXCLUDES(clear_mutex_);
  void DropFromMemory(const KeyPattern& pattern) VCACHE_REQUIRES(clear_mutex_);
  void Promote(const LookupResult& found, std::uint64_t clears_seen);
  void FillInOutage(const CacheKey& key, LookupResult& behind);

  MemoryStore* memory_;
  VerdictStore* backing_;
  // An entry read from the backing store before a clear must not enter memory after it.
  SharedMutex clear_mutex_;
  std::atomic<std::uint64_t> clears_{0};
  std::atomic<std::int64_t> clears_behind_{0};  ///< The backing store's number, as last seen.
};

}  // namespace vcache::cache
