#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/cache/counters.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// A write that waits for the shared store, in the form in which it will be stored there.
struct PendingWrite {
  std::int64_t number = 0;  ///< Grows with each write: the order of delivery.
  std::string id{};         ///< Unique among all replicas: who delivers it twice is found out.
  std::string store_key{};  ///< Of the entry; empty when there are counters only.
  std::string value{};      ///< The encoded entry.
  WallTime expires_at{};    ///< Of the entry.
  Counters counters{};
  WallTime made_at{};
};

/// An entry among the writes that wait.
struct WaitingEntry {
  ContentKind kind = ContentKind::kAnalysis;
  std::string store_key{};
};

/// Writes that the shared store did not take, on disk, in order. Thread-safe. All of it fails with
/// kStoreUnavailable.
class Outbox {
 public:
  virtual ~Outbox() = default;

  /// Stores the verdict locally and notes that it must be delivered, in one atomic step.
  virtual Result<void> PutPending(const PutRequest& request, Deadline deadline) = 0;
  virtual Result<void> AddPending(const CounterWrite& write, Deadline deadline) = 0;

  /// The oldest ones, oldest first.
  virtual Result<std::vector<PendingWrite>> OldestPending(std::size_t at_most,
                                                          Deadline deadline) = 0;
  /// Forgets it; its entry stays as a copy. From now on the shared store has it.
  virtual Result<void> RemovePending(const PendingWrite& write, Deadline deadline) = 0;
  virtual Result<std::uint64_t> CountPending(Deadline deadline) = 0;
  /// The entries that wait, whose life is not over and whose stored names match; each once.
  virtual Result<std::vector<WaitingEntry>> WaitingEntries(const KeyPattern& pattern,
                                                           Deadline deadline) = 0;
  /// What the waiting writes will add to the totals; `now` says which day is today.
  virtual Result<CounterTotals> SumPending(WallTime now, Deadline deadline) = 0;
};

/// A store that several replicas share over a network, and that may be away.
class SharedStore : public VerdictStore, public CounterStore {
 public:
  /// Carries out a write that waited, once, however often it is delivered: its counters are added,
  /// and its entry is stored with the rest of its life, unless a newer one is there. Errors:
  /// kStoreUnavailable; kBadRequest when the store will never take it.
  virtual Result<void> Deliver(const PendingWrite& write, Deadline deadline) = 0;

  /// How many of these it has no entry for, by kind. kStoreUnavailable.
  virtual Result<ClearReport> CountMissing(std::span<const WaitingEntry> entries,
                                           Deadline deadline) = 0;

  /// How often anybody has cleared anything: who was away sees whether something was missed.
  /// kStoreUnavailable.
  virtual Result<std::int64_t> CountClears(Deadline deadline) = 0;
};

}  // namespace vcache::cache
