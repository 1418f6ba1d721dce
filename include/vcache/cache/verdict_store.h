#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/cache_key.h"
#include "vcache/cache/charged_failure.h"
#include "vcache/cache/counters.h"
#include "vcache/cache/entry.h"
#include "vcache/cache/key_space.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// Only kHit and kMiss are answers. Treating kUnavailable as a miss would cost paid calls.
enum class LookupOutcome {
  kHit,
  kMiss,
  kCorrupt,      ///< The entry is unreadable: counted, then overwritten like a miss.
  kUnavailable,  ///< The store did not answer; nothing is known.
};

/// Where a verdict came from, for `Cache-Status` and statistics.
enum class Tier { kMemory, kRedis, kSqlite };
std::string_view TierName(Tier tier) noexcept;  ///< `memory`, `redis`, `sqlite`

struct LookupResult {
  LookupOutcome outcome = LookupOutcome::kMiss;
  SharedEntry entry{};               ///< Set on a hit only.
  std::chrono::milliseconds ttl{0};  ///< Remaining life of a hit.
  /// False: the life is unknown; `ttl` is how long the entry may be held before it is read again.
  bool life_known = true;
  Tier tier = Tier::kMemory;  ///< The tier that answered.
  std::string reason{};       ///< Why corrupt or unavailable.
  /// The paid write that stored the entry, where the store tells: no other has that id.
  std::string write_id{};
  /// The entry is of a later format version, which this one cannot read and must not overwrite.
  bool newer = false;
  /// On a miss: the partial verdict whose life is over. Its answers need not be paid for again.
  SharedEntry earlier{};
  /// What holds the content back, where the store was asked for that too: not after a hit.
  std::optional<ChargedFailure> charged_failure{};
};

/// A verdict to store, with all that must change in the same atomic step.
struct PutRequest {
  SharedEntry entry;
  std::chrono::seconds ttl{0};  ///< More than 0.
  Counters counters;            ///< The paid call and its price; may be empty.
  /// The lease that it was paid under, which ends with this; empty without one.
  std::string lease_token{};
  /// Unique among all replicas, or empty. A store that writes verdict and counters in two steps
  /// uses it: a repeated request does not count twice.
  std::string id{};
  /// Of a partial verdict: how long the store keeps its answers (`LookupResult::earlier`), counted
  /// from now.
  std::chrono::seconds answers_ttl{0};
  /// Of a write that has waited: when it was made. Its life is counted from now all the same.
  std::optional<WallTime> made_at{};
};

/// kInternal without an entry or a life.
Result<void> CheckPut(const PutRequest& request);

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

/// Verdicts by content. Thread-safe; calls block until `deadline` at most. Every implementation
/// passes tests/support/verdict_store_conformance.h.
class VerdictStore {
 public:
  virtual ~VerdictStore() = default;

  /// The entry, its remaining life, and the tier that answered. Never fails: an unreadable entry is
  /// kCorrupt, an unavailable store kUnavailable, and `reason` says why.
  virtual LookupResult Lookup(const CacheKey& key, Deadline deadline) = 0;

  /// One result per key, in their order; one round trip over a network.
  virtual std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys,
                                               Deadline deadline) = 0;

  /// Stores or replaces the verdict, atomically with the counters where the store can. Other stores
  /// write the verdict first; a failure between the two is an error. Errors: kStoreUnavailable,
  /// kIo.
  virtual Result<void> Put(const PutRequest& request, Deadline deadline) = 0;

  /// Stores or replaces what holds the content back, until a `Clear` that matches it or until it is
  /// over for as long as it may last. Errors: kStoreUnavailable, kIo.
  virtual Result<void> HoldBack(const CacheKey&, const ChargedFailure&, Deadline) { return {}; }

  /// Removes (or only counts) the entries whose stored names match, and nothing of other software.
  /// `KeySpace::StoredPattern` makes such a pattern from an administrator's. Expired entries do not
  /// count. Errors: kStoreUnavailable, kIo.
  virtual Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode,
                                    Deadline deadline) = 0;

  /// Whether calls are likely to succeed now. Never blocks.
  virtual bool available() const noexcept = 0;

  /// Since when calls have been likely to fail, for a store that connects again by itself. Empty
  /// for others, and while it is available. Never blocks.
  virtual std::optional<SteadyTime> away_since() const noexcept { return std::nullopt; }

  /// The number of clears by all users of the store, if only this number tells of them; quickly
  /// read. Empty for others, and when it cannot be read.
  virtual std::optional<std::int64_t> clears() { return std::nullopt; }
};

}  // namespace vcache::cache
