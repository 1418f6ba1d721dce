#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/counters.h"
#include "vcache/cache/key_space.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// A pending write for the shared store, in its stored form.
struct PendingWrite {
  std::int64_t number = 0;  ///< Grows with each write: the order of delivery.
  std::string id{};         ///< Unique among all replicas; a second delivery has no effect.
  std::string store_key{};  ///< Of the entry; empty when the write has counters only.
  std::string value{};      ///< The encoded entry.
  WallTime expires_at{};    ///< Of the entry.
  Counters counters{};
  WallTime made_at{};
};

/// An entry with a pending write.
struct PendingEntry {
  ContentKind kind = ContentKind::kAnalysis;
  std::string store_key{};
};

/// A clear that was carried out: what matches and was made before is gone for good.
struct ClearRecord {
  KeyPattern pattern = KeyPattern::All();
  WallTime at{};

  /// `name` is the stored one, without the prefix.
  bool Covers(std::string_view name, WallTime made_at) const noexcept {
    return made_at <= at && pattern.Matches(name);
  }
};

/// An entry of the local store, in its stored form.
struct StoredCopy {
  std::int64_t number = 0;  ///< Grows with each write of an entry.
  std::string store_key{};
  std::string value{};
  WallTime expires_at{};
};

/// Writes that the shared store did not take, on disk, in order. Thread-safe. kStoreUnavailable.
class Outbox {
 public:
  virtual ~Outbox() = default;

  /// Stores the verdict locally and adds the pending write, in one atomic step.
  virtual Result<void> PutPending(const PutRequest& request, Deadline deadline) = 0;
  virtual Result<void> AddPending(const CounterWrite& write, Deadline deadline) = 0;

  /// The oldest writes, oldest first.
  virtual Result<std::vector<PendingWrite>> OldestPending(std::size_t at_most,
                                                          Deadline deadline) = 0;
  /// Removes the delivered write; its entry stays as a copy.
  virtual Result<void> RemovePending(const PendingWrite& write, Deadline deadline) = 0;
  virtual Result<std::uint64_t> CountPending(Deadline deadline) = 0;
  /// The pending entries that have not expired and whose stored names match, each once.
  virtual Result<std::vector<PendingEntry>> PendingEntries(const KeyPattern& pattern,
                                                           Deadline deadline) = 0;
  /// Takes the entries that these clears cover from the pending writes, so that they do not come
  /// back, and their copies; counters stay. The number of entries.
  virtual Result<std::uint64_t> DropCleared(std::span<const ClearRecord> clears,
                                            Deadline deadline) = 0;
  /// What the pending writes will add to the totals; `now` tells which day is today.
  virtual Result<CounterTotals> SumPending(WallTime now, Deadline deadline) = 0;
  /// What they will add to each hour or day. Also kInternal: as `CounterStore::ReadRange`.
  virtual Result<CounterSeries> SumPendingRange(const CounterRange& range, Deadline deadline) = 0;
};

/// A store that replicas share over a network, and that may be unavailable.
class SharedStore : public VerdictStore, public CounterStore {
 public:
  /// Applies a pending write, once however often it is delivered. Adds its counters, and stores its
  /// entry with the rest of its life unless the store has a newer one. Errors: kStoreUnavailable;
  /// kBadRequest when the store will never take it.
  virtual Result<void> Deliver(const PendingWrite& write, Deadline deadline) = 0;

  /// How many of the entries the store lacks, by kind. Error: kStoreUnavailable.
  virtual Result<ClearReport> CountMissing(std::span<const PendingEntry> entries,
                                           Deadline deadline) = 0;

  /// Stores the entries that the store lacks, each with the rest of its life; leaves the others
  /// alone. The number of entries stored. Error: kStoreUnavailable, perhaps after some.
  virtual Result<std::size_t> PutBack(std::span<const StoredCopy> copies, Deadline deadline) = 0;
  /// Raises each total that is lower than here. Error: kStoreUnavailable.
  virtual Result<void> RaiseTotals(const CounterTotals& at_least, Deadline deadline) = 0;
  /// Logs what the store's configuration endangers, once. For the start and each connection.
  virtual void CheckConfiguration(Deadline deadline) { (void)deadline; }
  /// Tells all replicas that the store lost its data. A lost message costs a late repair.
  virtual void AnnounceLoss(Deadline deadline) = 0;

  /// The number of clears so far; shows a replica whether it missed one. kStoreUnavailable.
  virtual Result<std::int64_t> CountClears(Deadline deadline) = 0;
  /// The clears after the count `seen` (all that are known without one), up to the count `clears`
  /// and perhaps later. One of which nothing is known is a clear of everything, now.
  /// kStoreUnavailable.
  virtual Result<std::vector<ClearRecord>> ClearsSince(std::optional<std::int64_t> seen,
                                                       std::int64_t clears, Deadline deadline) = 0;
};

}  // namespace vcache::cache
