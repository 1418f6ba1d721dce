#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

struct MemoryStoreOptions {
  /// `MEMORY_CACHE_MB`. The least recently used entries are evicted to stay below it.
  std::size_t max_bytes = 64 * 1024 * 1024;
  /// `MEMORY_CACHE_TTL`: an entry lives `min(its TTL, this)`, so that memory soon forgets what
  /// other replicas cleared. Zero: no such limit.
  std::chrono::seconds max_ttl{300};
  /// A power of two; more shards reduce contention.
  std::size_t shards = 16;
  /// Names entries for the patterns of `Clear`, as the backing store does.
  KeySpace keys{};
};

struct MemoryClearReport {
  ClearReport all;
  ClearReport unbacked;  ///< Of these, entries put with `PutUnbacked`.
};

struct MemoryStoreUse {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// The fastest tier: a sharded LRU in memory, bounded in bytes. Always available. `Put` of an entry
/// larger than a shard stores nothing and is not an error. Ignores counters. Thread-safe.
class MemoryStore final : public VerdictStore {
 public:
  MemoryStore(MemoryStoreOptions options, Clock& clock);
  ~MemoryStore() override;

  /// Neither copies the entry nor allocates.
  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  bool available() const noexcept override { return true; }

  /// While the backing store is away: also what has outlived `max_ttl`, until its real end.
  LookupResult LookupInOutage(const CacheKey& key);

  /// `Put` of an entry that no backing store has; a clear counts it separately.
  void PutUnbacked(const PutRequest& request);
  /// `Clear`, with a separate count of the entries put with `PutUnbacked`.
  MemoryClearReport ClearHere(const KeyPattern& pattern, ClearMode mode);

  /// `Put` of an entry found in a backing store. Has no effect when the tier has an entry with the
  /// same or a later `stored_at`: a slow look-up must not replace a newer verdict. The same entry
  /// is renewed when it has outlived `max_ttl`.
  void Promote(const LookupResult& found);

  MemoryStoreUse use() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::cache
