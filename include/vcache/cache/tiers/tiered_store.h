#pragma once

#include <atomic>
#include <cstdint>

#include "vcache/cache/memory/memory_store.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// Memory in front of a store that outlives the process: what is found behind is put in front with
/// its remaining life; what is kept goes behind first. Either may be missing (null): without both,
/// every look-up is a miss and nothing is kept. Thread-safe; the tiers must outlive it.
class TieredStore final : public VerdictStore {
 public:
  TieredStore(MemoryStore* memory, VerdictStore* backing) : memory_(memory), backing_(backing) {}

  /// Asks the memory tier alone: no I/O, no network, never blocks. A miss says nothing of the
  /// store.
  LookupResult LookupMemory(const CacheKey& key);

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  /// The memory tier keeps the verdict even when the store behind refuses; the error is returned.
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  /// Clears every tier; reports what the backing store held and what memory alone had, each entry
  /// once.
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  /// The memory tier alone: another replica has cleared the store behind.
  void ClearMemory(const KeyPattern& pattern);
  bool available() const noexcept override;

  /// Whether `Keep` keeps a verdict anywhere, and whether it keeps the counters given with it (the
  /// memory tier does not): without, success of `Keep` means only that nothing went wrong.
  bool keeps() const noexcept { return memory_ != nullptr || backing_ != nullptr; }
  bool keeps_counters() const noexcept { return backing_ != nullptr; }

 private:
  void Promote(const LookupResult& found, std::uint64_t clears_seen);

  MemoryStore* memory_;
  VerdictStore* backing_;
  // What was read behind before a clear must not come to the front after it.
  SharedMutex clear_mutex_;
  std::atomic<std::uint64_t> clears_{0};
};

}  // namespace vcache::cache
