#pragma once

#include <deque>
#include <map>

#include "vcache/cache/budget_store.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// Sums in memory, lost with the process; without a store, and for tests. Thread-safe.
class MemoryBudgetStore final : public BudgetStore {
 public:
  BudgetAnswer Reserve(std::span<const BudgetClaim> claims, Deadline deadline) override;
  Result<void> Adjust(const BudgetAdjustment& adjustment, Deadline deadline) override;
  Result<std::vector<Usd>> Read(std::span<const BudgetWindow> windows, Deadline deadline) override;
  bool available() const noexcept override { return true; }

 private:
  Mutex mutex_;
  std::map<std::string, Usd> sums_ VCACHE_GUARDED_BY(mutex_);
  std::deque<std::string> adjusted_ VCACHE_GUARDED_BY(mutex_);  // ids, the newest last
};

/// Pending changes in memory, lost with the process. Thread-safe.
class MemoryBudgetOutbox final : public BudgetOutbox {
 public:
  Result<void> PutPending(const BudgetAdjustment& adjustment, Deadline deadline) override;
  Result<BudgetAdjustment> NextPending(Deadline deadline) override;
  Result<void> RemovePending(const std::string& id, Deadline deadline) override;
  Result<std::vector<BudgetChange>> SumPending(Deadline deadline) override;

 private:
  Mutex mutex_;
  std::map<std::string, BudgetChange> open_ VCACHE_GUARDED_BY(mutex_);  // by window
  std::deque<BudgetAdjustment> sealed_ VCACHE_GUARDED_BY(mutex_);
};

}  // namespace vcache::cache
