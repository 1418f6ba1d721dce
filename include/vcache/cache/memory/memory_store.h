#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"

namespace vcache::cache {

struct MemoryStoreOptions {
  /// `MEMORY_CACHE_MB`. Entries are dropped, least recently used first, to stay below it.
  std::size_t max_bytes = 64 * 1024 * 1024;
  /// `MEMORY_CACHE_TTL`: an entry lives `min(its TTL, this)`, so that a replica's memory forgets
  /// what was cleared elsewhere. Zero: as long as its TTL.
  std::chrono::seconds max_ttl{300};
  /// A power of two; more shards, less contention.
  std::size_t shards = 16;
  /// What the patterns of `Clear` are matched against: the same as in the store behind.
  KeySpace keys{};
};

/// What a clear of the memory tier found.
struct MemoryClearReport {
  ClearReport all;
  ClearReport alone;  ///< Of these, what nobody else had when it was kept here (`KeepAlone`).
};

struct MemoryStoreUse {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// The fastest tier: a sharded LRU of this process, bounded in bytes. Always available; `Keep` of
/// an entry larger than a shard's share keeps nothing and is not an error. Counters are ignored.
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

  /// Like `Keep`, for what no store behind has taken: a clear tells it from copies.
  void KeepAlone(const PutRequest& request);
  /// `Clear`, with the number of those that were kept here alone.
  MemoryClearReport ClearHere(const KeyPattern& pattern, ClearMode mode);

  /// Like `Keep`, for what was found in a store behind: nothing happens when an entry of the same
  /// or a later `stored_at` is there already. A look-up that was overtaken changes nothing.
  void Promote(const LookupResult& found);

  MemoryStoreUse use() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcache::cache
