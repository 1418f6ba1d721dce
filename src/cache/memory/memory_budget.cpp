#include "vcache/cache/memory/memory_budget.h"

#include <algorithm>
#include <utility>

#include "vcache/core/random_id.h"

namespace vcache::cache {
namespace {

/// Few are enough: this store is never unavailable, so a caller repeats at once or never.
constexpr std::size_t kIdsRemembered = 1'024;

}  // namespace

BudgetAnswer MemoryBudgetStore::Reserve(std::span<const BudgetClaim> claims, Deadline) {
  const MutexLock lock(mutex_);
  BudgetAnswer answer;
  answer.outcome = BudgetOutcome::kGranted;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const auto found = sums_.find(claims[i].window.name);
    answer.sums.push_back(found == sums_.end() ? Usd() : found->second);
    const Usd amount = claims[i].amount;
    if (amount != Usd() && answer.sums.back() + amount > claims[i].limit) answer.RefuseBy(i);
  }
  if (answer.outcome == BudgetOutcome::kRefused) return answer;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    answer.sums[i] += claims[i].amount;
    sums_[claims[i].window.name] = answer.sums[i];
  }
  return answer;
}

Result<void> MemoryBudgetStore::Adjust(const BudgetAdjustment& adjustment, Deadline) {
  const MutexLock lock(mutex_);
  if (std::find(adjusted_.begin(), adjusted_.end(), adjustment.id) != adjusted_.end()) return {};
  for (const BudgetChange& change : adjustment.changes) {
    Usd& sum = sums_[change.window.name];
    sum = std::max(sum + change.amount, Usd());
  }
  adjusted_.push_back(adjustment.id);
  if (adjusted_.size() > kIdsRemembered) adjusted_.pop_front();
  return {};
}

Result<std::vector<Usd>> MemoryBudgetStore::Read(std::span<const BudgetWindow> windows, Deadline) {
  const MutexLock lock(mutex_);
  std::vector<Usd> sums;
  for (const BudgetWindow& window : windows) {
    const auto found = sums_.find(window.name);
    sums.push_back(found == sums_.end() ? Usd() : found->second);
  }
  return sums;
}

Result<void> MemoryBudgetOutbox::PutPending(const BudgetAdjustment& adjustment, Deadline) {
  const MutexLock lock(mutex_);
  if (!adjustment.id.empty()) {
    sealed_.push_back(adjustment);
    return {};
  }
  for (const BudgetChange& change : adjustment.changes) {
    BudgetChange& sum = open_[change.window.name];
    sum.window = change.window;
    sum.amount += change.amount;
  }
  return {};
}

Result<BudgetAdjustment> MemoryBudgetOutbox::NextPending(Deadline) {
  const MutexLock lock(mutex_);
  if (sealed_.empty() && !open_.empty()) {
    BudgetAdjustment batch{RandomId(), {}};
    for (auto& [name, change] : open_) batch.changes.push_back(std::move(change));
    open_.clear();
    sealed_.push_back(std::move(batch));
  }
  return sealed_.empty() ? BudgetAdjustment{} : sealed_.front();
}

Result<void> MemoryBudgetOutbox::RemovePending(const std::string& id, Deadline) {
  const MutexLock lock(mutex_);
  std::erase_if(sealed_, [&](const BudgetAdjustment& batch) { return batch.id == id; });
  return {};
}

Result<std::vector<BudgetChange>> MemoryBudgetOutbox::SumPending(Deadline) {
  const MutexLock lock(mutex_);
  std::map<std::string, BudgetChange> sums = open_;
  for (const BudgetAdjustment& batch : sealed_) {
    for (const BudgetChange& change : batch.changes) {
      BudgetChange& sum = sums[change.window.name];
      sum.window = change.window;
      sum.amount += change.amount;
    }
  }
  std::vector<BudgetChange> all;
  for (auto& [name, change] : sums) all.push_back(std::move(change));
  return all;
}

}  // namespace vcache::cache
