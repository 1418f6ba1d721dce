#pragma once

#include <atomic>
#include <cstdint>
#include <shared_mutex>

#include "vcache/cache/memory_store.h"
#include "vcache/cache/verdict_store.h"

namespace vcache::cache {

/// Memory in front of a store that outlives the process: what is found behind is put in front with
/// its remaining life; what is kept goes behind first. Either may be missing (null): without both,
/// every look-up is a miss and nothing is kept. Thread-safe; the tiers must outlive it.
class TieredStore final : public VerdictStore {
 public:
  TieredStore(MemoryStore* memory, VerdictStore* backing) : memory_(memory), backing_(backing) {}

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  /// The memory tier keeps the verdict even when the store behind refuses; the error is returned.
  Result<void> Keep(const KeepRequest& request, Deadline deadline) override;
  /// Clears every tier; reports what the backing store held (the memory tier without one).
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  bool available() const noexcept override;

 private:
  void Promote(const LookupResult& found, std::uint64_t clears_seen);

  MemoryStore* memory_;
  VerdictStore* backing_;
  // What was read behind before a clear must not come to the front after it.
  std::shared_mutex clear_mutex_;
  std::atomic<std::uint64_t> clears_{0};
};

}  // namespace vcache::cache
