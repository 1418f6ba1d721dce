#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"
#include "vcache/core/usd.h"

namespace vcache::cache {

/// A UTC day or month, for all vendors together or for one, that a limit applies to. A store keeps
/// its sum under `budget:<name>`.
struct BudgetWindow {
  std::string name;              ///< `2026-11-21`, `2026-11`, `sightengine:2026-11`.
  std::chrono::seconds life{0};  ///< How long a store keeps the sum after its last change.

  friend bool operator==(const BudgetWindow&, const BudgetWindow&) = default;
};

/// The day or month of `now`; an empty `vendor` means all vendors together.
BudgetWindow BudgetDay(std::string_view vendor, WallTime now);
BudgetWindow BudgetMonth(std::string_view vendor, WallTime now);
/// When the next day or month begins.
WallTime EndOfBudgetDay(WallTime now);
WallTime EndOfBudgetMonth(WallTime now);

/// An amount to add to a window's sum if it fits below the limit.
struct BudgetClaim {
  BudgetWindow window;
  Usd amount{};  ///< At least 0; 0 always fits.
  Usd limit{};
};

enum class BudgetOutcome {
  kGranted,      ///< Every sum includes its amount.
  kRefused,      ///< Nothing changed: an amount does not fit.
  kUnavailable,  ///< The store did not answer; it may have granted the claims.
};

struct BudgetAnswer {
  BudgetOutcome outcome = BudgetOutcome::kUnavailable;
  std::size_t refused_by = 0;  ///< The first claim that does not fit.
  /// The sums now, in the order of the claims; empty when unknown.
  std::vector<Usd> sums{};
  /// Decided without the shared store, from this replica's share of what was left.
  bool is_local = false;
  std::string reason{};  ///< Why unavailable.

  /// `claim` does not fit; the first one counts.
  void RefuseBy(std::size_t claim) noexcept {
    if (outcome != BudgetOutcome::kRefused) refused_by = claim;
    outcome = BudgetOutcome::kRefused;
  }
};

struct BudgetChange {
  BudgetWindow window;
  Usd amount{};  ///< Below 0: a refund.

  friend bool operator==(const BudgetChange&, const BudgetChange&) = default;
};

/// Changes that apply together, exactly once, however often they are requested.
struct BudgetAdjustment {
  std::string id;  ///< `RandomId()`.
  std::vector<BudgetChange> changes;
};

/// Sums of money by window, shared by all users of one store. A sum never falls below 0.
/// Thread-safe; calls block until `deadline` at most. Every implementation passes
/// tests/support/budget_store_conformance.h.
class BudgetStore {
 public:
  virtual ~BudgetStore() = default;

  /// Adds every amount, or none when one does not fit below its limit. Exact with concurrent
  /// callers. Each window may occur once.
  virtual BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) = 0;

  /// Changes sums regardless of the limits. A repeated id has no effect for seven days.
  /// kStoreUnavailable: the change may be done; repeat it with the same id.
  virtual Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) = 0;

  /// The sums, in the order of the windows. Error: kStoreUnavailable.
  virtual Result<std::vector<Usd>> Read(std::span<const BudgetWindow> windows,
                                        Deadline deadline) = 0;

  /// Raises each sum that is lower than its amount: the store has lost its data. A store that
  /// cannot lose it alone does nothing. Error: kStoreUnavailable.
  virtual Result<void> Raise(std::span<const BudgetChange> at_least, Deadline deadline) {
    (void)at_least;
    (void)deadline;
    return {};
  }

  /// Whether calls are likely to be answered now. Never blocks.
  virtual bool available() const noexcept = 0;
};

/// Pending changes for the shared store, added up by window: an outage of any length keeps it
/// small. Thread-safe. Error: kStoreUnavailable.
class BudgetOutbox {
 public:
  virtual ~BudgetOutbox() = default;

  /// Adds a pending change. A change with an id may be applied already: it stays separate and is
  /// delivered under that id. A change without one is added to the rest.
  virtual Result<void> PutPending(const BudgetAdjustment& adjustment, Deadline deadline) = 0;
  /// The next change to deliver, fixed until it is removed. Its id is empty when none is pending.
  virtual Result<BudgetAdjustment> NextPending(Deadline deadline) = 0;
  /// Removes the delivered change.
  virtual Result<void> RemovePending(const std::string& id, Deadline deadline) = 0;
  /// The sum of all pending changes, each window once.
  virtual Result<std::vector<BudgetChange>> SumPending(Deadline deadline) = 0;
};

}  // namespace vcache::cache
