#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/result.h"

namespace vcache::cache {

/// A day or a month in UTC, of all vendors or of one: what a limit is held against. Its sum is kept
/// in a store under `budget:<name>`. A plain value.
struct BudgetWindow {
  std::string name;              ///< `2026-11-21`, `2026-11`, `sightengine:2026-11`.
  std::chrono::seconds life{0};  ///< How long the sum is kept after its last change.

  friend bool operator==(const BudgetWindow&, const BudgetWindow&) = default;
};

/// The day or month of `now`; `vendor` is empty for all of them together.
BudgetWindow BudgetDay(std::string_view vendor, WallTime now);
BudgetWindow BudgetMonth(std::string_view vendor, WallTime now);
/// When the next one begins.
WallTime EndOfBudgetDay(WallTime now);
WallTime EndOfBudgetMonth(WallTime now);

/// An amount that is to fit below a limit, in millionths of a US dollar.
struct BudgetClaim {
  BudgetWindow window;
  std::int64_t amount_micros = 0;  ///< At least 0; 0 always fits.
  std::int64_t limit_micros = 0;
};

enum class BudgetOutcome {
  kGranted,      ///< Every sum has grown by its amount.
  kRefused,      ///< Nothing has changed: an amount does not fit.
  kUnavailable,  ///< The store did not answer. It may have granted all the same.
};

struct BudgetAnswer {
  BudgetOutcome outcome = BudgetOutcome::kUnavailable;
  std::size_t refused_by = 0;  ///< The first claim that does not fit.
  /// As they are now, in the order of the claims; empty when nothing is known.
  std::vector<std::int64_t> sums{};
  /// Decided without the store that the replicas share, by a share of what was left.
  bool is_local = false;
  std::string reason{};  ///< Why unavailable.
};

struct BudgetChange {
  BudgetWindow window;
  std::int64_t amount_micros = 0;  ///< Below 0: given back.

  friend bool operator==(const BudgetChange&, const BudgetChange&) = default;
};

/// Changes that belong together and happen once, however often they are asked for.
struct BudgetAdjustment {
  std::string id;  ///< `RandomId()`.
  std::vector<BudgetChange> changes;
};

/// Sums of money by window, shared by all that use the same store. A sum never falls below 0.
/// Thread-safe; calls block until `deadline` at most. Every implementation passes
/// tests/support/budget_store_conformance.h.
class BudgetStore {
 public:
  virtual ~BudgetStore() = default;

  /// Adds every amount, or none when one does not fit below its limit. Exact however many ask at
  /// once. No window twice.
  virtual BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) = 0;

  /// Changes sums whatever the limits: what was spent is spent. A repeated id changes nothing for
  /// seven days. kStoreUnavailable: it may have been carried out; ask again with the same id.
  virtual Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) = 0;

  /// The sums, in the order of the windows. kStoreUnavailable.
  virtual Result<std::vector<std::int64_t>> Read(std::span<const BudgetWindow> windows,
                                                 Deadline deadline) = 0;

  /// Whether calls are likely to be answered now. Never blocks.
  virtual bool available() const noexcept = 0;
};

/// Changes that wait for the store that the replicas share. What waits is added up by window, so
/// that it stays small however long an outage is. Thread-safe. kStoreUnavailable.
class BudgetOutbox {
 public:
  virtual ~BudgetOutbox() = default;

  /// Adds to what waits. With an id, because it may have been carried out already, it stays apart
  /// and is delivered under that id; without one it is added to the rest.
  virtual Result<void> Put(const BudgetAdjustment& adjustment, Deadline deadline) = 0;
  /// What is to be delivered next, which does not change any more until it is forgotten; an empty
  /// id when nothing waits.
  virtual Result<BudgetAdjustment> Next(Deadline deadline) = 0;
  virtual Result<void> Forget(const std::string& id, Deadline deadline) = 0;
  /// All that waits, each window once.
  virtual Result<std::vector<BudgetChange>> Sums(Deadline deadline) = 0;
};

}  // namespace vcache::cache
