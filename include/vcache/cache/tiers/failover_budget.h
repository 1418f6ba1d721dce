#pragma once

#include <atomic>
#include <map>

#include "vcache/cache/budget_store.h"
#include "vcache/cache/memory/memory_budget.h"
#include "vcache/cache/tiers/delivery_loop.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// The shared sums, with a cautious local share while the shared store is unavailable: each replica
/// may then reserve a tenth of what it last saw as left, so that ten replicas together stay within
/// the limit. Changes made meanwhile are pending, on disk if there is an outbox. They count locally
/// at once, and are added to the shared sums exactly once. Thread-safe.
class FailoverBudget final : public BudgetStore {
 public:
  /// Without `outbox` (null) pending changes are lost with the process. All must outlive it.
  FailoverBudget(BudgetStore& shared, BudgetOutbox* outbox, Clock& clock, Logger& logger);
  ~FailoverBudget() override;  ///< Stops.

  /// Starts the delivery thread. It also delivers what an earlier run left.
  void Start();
  /// Tries one last delivery and ends the thread. Idempotent.
  void Stop();
  /// Delivers pending changes until none is left or a delivery fails. True when none is left.
  bool DeliverNow();
  /// The shared store has lost its data: raises its sums to what this replica last saw.
  void RestoreAfterLoss() VCACHE_EXCLUDES(known_mutex_);

  /// Never kUnavailable: without the shared store the answer is local.
  BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) override;
  /// Never fails: a change that the shared store does not take stays pending.
  Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) override;
  /// The sums with pending changes. Without the shared store: its last known sums with them.
  Result<std::vector<Usd>> Read(std::span<const BudgetWindow> windows, Deadline deadline) override;
  /// Whether the shared store is available.
  bool available() const noexcept override { return shared_.available(); }

 private:
  struct Known {
    Usd seen{};     ///< The last known shared sum.
    Usd pending{};  ///< Pending changes to it.
    std::chrono::seconds life{0};
  };

  std::vector<BudgetClaim> LessPending(std::span<const BudgetClaim> claims)
      VCACHE_EXCLUDES(known_mutex_);
  void Learn(const BudgetWindow& window, Usd sum) VCACHE_EXCLUDES(known_mutex_);
  void NoteShared();
  void NoteLocal(const std::string& reason);
  BudgetAnswer ReserveLocally(std::span<const BudgetClaim> claims)
      VCACHE_EXCLUDES(pending_mutex_, known_mutex_);
  bool MustStayPending(const BudgetAdjustment& adjustment) VCACHE_EXCLUDES(known_mutex_);
  void NoteChanged(const BudgetAdjustment& adjustment) VCACHE_EXCLUDES(known_mutex_);
  void SaveMemory() VCACHE_EXCLUDES(pending_mutex_);
  void PutPending(const BudgetAdjustment& adjustment) VCACHE_REQUIRES(pending_mutex_)
      VCACHE_EXCLUDES(known_mutex_);
  void Recount() VCACHE_REQUIRES(pending_mutex_) VCACHE_EXCLUDES(known_mutex_);
  bool DeliverFrom(BudgetOutbox& outbox) VCACHE_REQUIRES(delivery_mutex_)
      VCACHE_EXCLUDES(pending_mutex_);

  BudgetStore& shared_;
  BudgetOutbox* const outbox_;
  Logger& logger_;
  MemoryBudgetOutbox memory_;  ///< For changes that the disk does not take.

  std::atomic<bool> has_pending_{false};
  std::atomic<bool> is_local_{false};  ///< As last logged.

  Mutex delivery_mutex_;  ///< One delivery at a time.
  Mutex pending_mutex_;   ///< A change is pending in the outbox and in `known_`, or in neither.
  bool is_loss_told_ VCACHE_GUARDED_BY(pending_mutex_) = false;
  Mutex known_mutex_;
  std::map<std::string, Known> known_ VCACHE_GUARDED_BY(known_mutex_);  // by name
  DeliveryLoop delivery_;  // the last member: its thread uses the others
};

}  // namespace vcache::cache
