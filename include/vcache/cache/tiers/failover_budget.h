#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>

#include "vcache/cache/budget_store.h"
#include "vcache/cache/memory/memory_budget.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"

namespace vcache::cache {

struct FailoverBudgetOptions {
  /// While the shared store is away, each replica may reserve one part in so many of what it last
  /// saw as left: as many replicas as this together spend no more than that.
  std::int64_t outage_parts = 10;
  /// How often it is looked whether waiting changes can be delivered.
  std::chrono::milliseconds poll_interval{200};
  /// After a delivery that failed, pauses double from `poll_interval` up to this.
  std::chrono::milliseconds longest_pause{5'000};
  /// How long a store may take for one step of a delivery, and the local one for a note.
  std::chrono::milliseconds step_timeout{5'000};
};

/// The sums that all replicas share, and a cautious guess while they cannot be asked. What is
/// reserved, settled and given back meanwhile waits (on disk where there is one) and is added to
/// the shared sums, once, when they can be asked again; until then it counts here. Thread-safe.
class FailoverBudget final : public BudgetStore {
 public:
  /// `outbox` may be null: then what waits is in memory, and lost with the process. All must
  /// outlive it.
  FailoverBudget(BudgetStore& shared, BudgetOutbox* outbox, Clock& clock, Logger& logger,
                 FailoverBudgetOptions options = {});
  ~FailoverBudget() override;  ///< Stops.

  /// Starts the thread that delivers, also what an earlier run left behind.
  void Start();
  /// Delivers once more what it can, and ends the thread. Idempotent.
  void Stop();
  /// Delivers what waits, until nothing does or a delivery fails. True when nothing waits any more.
  bool DeliverNow();

  /// Never unavailable: without the shared store the answer is a local one.
  BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) override;
  /// An error never: what the shared store does not take waits.
  Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) override;
  /// With what waits here. Without the shared store, what was last seen of it.
  Result<std::vector<std::int64_t>> Read(std::span<const BudgetWindow> windows,
                                         Deadline deadline) override;
  /// Whether the shared store is.
  bool available() const noexcept override { return shared_.available(); }

 private:
  /// What this replica knows of a window.
  struct Known {
    std::int64_t seen = 0;     ///< The shared sum as last heard of.
    std::int64_t waiting = 0;  ///< What is still to be added to it.
  };

  std::vector<BudgetClaim> LessWaiting(std::span<const BudgetClaim> claims)
      VCACHE_EXCLUDES(known_mutex_);
  void Learn(const BudgetWindow& window, std::int64_t sum) VCACHE_EXCLUDES(known_mutex_);
  void NoteShared();
  void NoteLocal(const std::string& reason);
  BudgetAnswer ReserveLocally(std::span<const BudgetClaim> claims)
      VCACHE_EXCLUDES(waiting_mutex_, known_mutex_);
  bool MustWait(const BudgetAdjustment& adjustment) VCACHE_EXCLUDES(known_mutex_);
  void NoteChanged(const BudgetAdjustment& adjustment) VCACHE_EXCLUDES(known_mutex_);
  void SaveMemory() VCACHE_EXCLUDES(waiting_mutex_);
  void Put(const BudgetAdjustment& adjustment) VCACHE_REQUIRES(waiting_mutex_)
      VCACHE_EXCLUDES(known_mutex_);
  void Recount() VCACHE_REQUIRES(waiting_mutex_) VCACHE_EXCLUDES(known_mutex_);
  bool DeliverFrom(BudgetOutbox& outbox) VCACHE_REQUIRES(delivery_mutex_)
      VCACHE_EXCLUDES(waiting_mutex_);
  std::chrono::milliseconds Round();

  BudgetStore& shared_;
  BudgetOutbox* const outbox_;
  Clock& clock_;
  Logger& logger_;
  const FailoverBudgetOptions options_;
  MemoryBudgetOutbox memory_;  ///< For what the disk does not take.

  std::atomic<bool> anything_waits_{false};
  std::atomic<bool> is_local_{false};  ///< As the log was told.

  Mutex delivery_mutex_;  ///< One delivery at a time.
  Mutex waiting_mutex_;   ///< What waits, in the outbox and in `known_`, changes together.
  bool is_loss_told_ VCACHE_GUARDED_BY(waiting_mutex_) = false;
  Mutex known_mutex_;
  std::map<std::string, Known> known_ VCACHE_GUARDED_BY(known_mutex_);  // by name

  // Touched by the thread alone, and before it starts.
  std::chrono::milliseconds pause_{};
  SteadyTime recount_at_{};
  PeriodicTask delivery_;  // the last member: its thread uses the others
};

}  // namespace vcache::cache
