#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/cache_key.h"
#include "vcache/cache/counters.h"
#include "vcache/cache/entry.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// Only the first two are answers. Taking *unavailable* for *miss* is how an outage of the cache
/// becomes a bill.
enum class LookupOutcome {
  kHit,
  kMiss,
  kCorrupt,      ///< Something unreadable lies there: counted, then overwritten like a miss.
  kUnavailable,  ///< The store did not answer; nothing is known.
};

/// Where a verdict came from, for `Cache-Status` and statistics.
enum class Tier { kMemory, kRedis, kSqlite };
std::string_view TierName(Tier tier) noexcept;  ///< `memory`, `redis`, `sqlite`

struct LookupResult {
  LookupOutcome outcome = LookupOutcome::kMiss;
  SharedEntry entry{};               ///< Set on a hit only.
  std::chrono::milliseconds ttl{0};  ///< Remaining life of a hit.
  /// False: nobody knows its life, and `ttl` is for how long it may be held without asking again.
  bool life_known = true;
  Tier tier = Tier::kMemory;  ///< Who answered.
  std::string reason{};       ///< Why corrupt or unavailable.
};

/// A verdict to keep, with everything that becomes true with it in the same atomic step.
struct PutRequest {
  SharedEntry entry;
  std::chrono::seconds ttl{0};  ///< More than 0.
  Counters counters;            ///< The paid call and its price; may be empty.
  /// The lease under which it was paid, which ends with this; empty without one.
  std::string lease_token{};
  /// Unique among all replicas, for a store that cannot write verdict and counters in one step: who
  /// repeats the request under the same id counts nothing twice. May be empty.
  std::string id{};
};

struct ClearReport {
  std::uint64_t analysis = 0;
  std::uint64_t text = 0;
  std::uint64_t total() const noexcept { return analysis + text; }
  ClearReport& operator+=(const ClearReport& other) noexcept {
    analysis += other.analysis;
    text += other.text;
    return *this;
  }
};

enum class ClearMode { kDelete, kDryRun };

/// Verdicts by content. One store serves all request threads; no external locking. Calls block
/// until `deadline` at most. Every implementation passes tests/support/verdict_store_conformance.h.
class VerdictStore {
 public:
  virtual ~VerdictStore() = default;

  virtual LookupResult Lookup(const CacheKey& key, Deadline deadline) = 0;

  /// One result for each key, in their order; one round trip where there is a network.
  virtual std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys,
                                               Deadline deadline) = 0;

  /// Stores or replaces, atomically with the counters where the store can; where it cannot, the
  /// verdict first, and a failure between the two is a failure. Errors: kStoreUnavailable, kIo.
  virtual Result<void> Put(const PutRequest& request, Deadline deadline) = 0;

  /// Removes (or only counts) the entries of ours whose stored names match, and nothing else;
  /// `KeySpace::StoredPattern` makes such a pattern of what people ask for. An entry whose life is
  /// over is not counted. Errors: kStoreUnavailable, kIo.
  virtual Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode,
                                    Deadline deadline) = 0;

  /// Whether calls are likely to be answered now. Never blocks.
  virtual bool available() const noexcept = 0;
};

}  // namespace vcache::cache
