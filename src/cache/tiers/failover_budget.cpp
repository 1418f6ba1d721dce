#include "vcache/cache/tiers/failover_budget.h"

#include <algorithm>
#include <utility>

namespace vcache::cache {
namespace {

/// More than the windows of one day; then idle windows are removed.
constexpr std::size_t kMostKnown = 256;
/// In an outage, this replica may reserve one part of what it last saw as left.
constexpr std::int64_t kOutageParts = 10;

}  // namespace

FailoverBudget::FailoverBudget(BudgetStore& shared, BudgetOutbox* outbox, Clock& clock,
                               Logger& logger)
    : shared_(shared), outbox_(outbox), logger_(logger), delivery_(clock) {
  const MutexLock lock(pending_mutex_);
  Recount();
}

FailoverBudget::~FailoverBudget() {
  Stop();
}

void FailoverBudget::NoteShared() {
  if (!is_local_.exchange(false)) return;
  logger_.Info("The budget is shared again with the other replicas");
}

void FailoverBudget::NoteLocal(const std::string& reason) {
  if (is_local_.exchange(true)) return;
  logger_.Warn(
      "The budget cannot be asked: until it can, this replica may spend a part of what it last "
      "saw as left",
      {{"one_in", kOutageParts}, {"reason", reason}});
}

/// Lowers the limits by pending changes, which are spent but not in the shared sums yet.
std::vector<BudgetClaim> FailoverBudget::LessPending(std::span<const BudgetClaim> claims) {
  std::vector<BudgetClaim> lowered(claims.begin(), claims.end());
  if (!has_pending_.load()) return lowered;
  const MutexLock lock(known_mutex_);
  for (BudgetClaim& claim : lowered) {
    const auto known = known_.find(claim.window.name);
    if (known == known_.end()) continue;
    // Ignore pending refunds until they are delivered; counting them now could spend them twice.
    claim.limit -= std::max(known->second.pending, Usd());
  }
  return lowered;
}

void FailoverBudget::Learn(const BudgetWindow& window, Usd sum) {
  const MutexLock lock(known_mutex_);
  if (known_.size() >= kMostKnown) {
    std::erase_if(known_, [](const auto& known) { return known.second.pending == Usd(); });
  }
  Known& known = known_[window.name];
  known.seen = sum;
  known.life = window.life;
}

void FailoverBudget::RestoreAfterLoss() {
  std::vector<BudgetChange> sums;
  {
    const MutexLock lock(known_mutex_);
    for (const auto& [name, known] : known_) {
      if (known.seen > Usd()) sums.push_back({{name, known.life}, known.seen});
    }
  }
  const Result<void> raised = shared_.Raise(sums, delivery_.StepLimit());
  (void)raised;  // another replica may
}

BudgetAnswer FailoverBudget::Reserve(std::span<const BudgetClaim> claims, Deadline deadline) {
  const bool had_pending = has_pending_.load();
  BudgetAnswer answer = shared_.Reserve(LessPending(claims), deadline);
  if (answer.outcome == BudgetOutcome::kRefused && had_pending && DeliverNow()) {
    // A change in delivery counted twice: in the shared sum and as pending. Now it counts once.
    answer = shared_.Reserve(LessPending(claims), deadline);
  }
  if (answer.outcome == BudgetOutcome::kUnavailable) {
    NoteLocal(answer.reason);
    return ReserveLocally(claims);
  }
  NoteShared();
  for (std::size_t i = 0; i < answer.sums.size(); ++i) Learn(claims[i].window, answer.sums[i]);
  return answer;
}

BudgetAnswer FailoverBudget::ReserveLocally(std::span<const BudgetClaim> claims) {
  BudgetAnswer answer{.outcome = BudgetOutcome::kGranted, .is_local = true};
  BudgetAdjustment reserved;
  const MutexLock pending(pending_mutex_);
  {
    const MutexLock lock(known_mutex_);
    for (std::size_t i = 0; i < claims.size(); ++i) {
      const auto found = known_.find(claims[i].window.name);
      const Known known = found == known_.end() ? Known{} : found->second;
      const Usd left = std::max(claims[i].limit - known.seen, Usd());
      const Usd amount = claims[i].amount;
      answer.sums.push_back(known.seen + known.pending + amount);
      reserved.changes.push_back({claims[i].window, amount});
      if (amount != Usd() && known.pending + amount > left / kOutageParts) answer.RefuseBy(i);
    }
  }
  if (answer.outcome == BudgetOutcome::kGranted) {
    PutPending(reserved);
  } else {
    for (std::size_t i = 0; i < claims.size(); ++i) answer.sums[i] -= claims[i].amount;
  }
  return answer;
}

/// On disk if possible, else in memory.
void FailoverBudget::PutPending(const BudgetAdjustment& adjustment) {
  const Deadline time_limit = delivery_.StepLimit();
  if (outbox_ == nullptr || !outbox_->PutPending(adjustment, time_limit)) {
    const Result<void> noted = memory_.PutPending(adjustment, time_limit);
    (void)noted;  // memory never fails
  }
  {
    const MutexLock lock(known_mutex_);
    for (const BudgetChange& change : adjustment.changes) {
      known_[change.window.name].pending += change.amount;
    }
  }
  has_pending_ = true;
}

/// An adjustment must not overtake pending changes: a refund would find too low a sum.
bool FailoverBudget::MustStayPending(const BudgetAdjustment& adjustment) {
  if (!shared_.available()) return true;
  if (!has_pending_.load()) return false;
  const MutexLock lock(known_mutex_);
  for (const BudgetChange& change : adjustment.changes) {
    const auto known = known_.find(change.window.name);
    if (known != known_.end() && known->second.pending != Usd()) return true;
  }
  return false;
}

Result<void> FailoverBudget::Adjust(const BudgetAdjustment& adjustment, Deadline deadline) {
  if (MustStayPending(adjustment)) {
    const MutexLock pending(pending_mutex_);
    PutPending({{}, adjustment.changes});  // never sent: it need not stay apart
    return {};
  }
  const Result<void> done = shared_.Adjust(adjustment, deadline);
  if (!done) {
    const MutexLock pending(pending_mutex_);
    PutPending(adjustment);
    return {};
  }
  NoteChanged(adjustment);
  return {};
}

Result<std::vector<Usd>> FailoverBudget::Read(std::span<const BudgetWindow> windows,
                                              Deadline deadline) {
  Result<std::vector<Usd>> shared = shared_.Read(windows, deadline);
  if (shared) {
    for (std::size_t i = 0; i < windows.size(); ++i) Learn(windows[i], shared->at(i));
  }
  std::vector<Usd> sums;
  const MutexLock lock(known_mutex_);
  for (const BudgetWindow& window : windows) {
    const auto found = known_.find(window.name);
    const Known known = found == known_.end() ? Known{} : found->second;
    sums.push_back(std::max(known.seen + known.pending, Usd()));
  }
  return sums;
}

/// Adds a change that the shared sums have taken.
void FailoverBudget::NoteChanged(const BudgetAdjustment& adjustment) {
  const MutexLock lock(known_mutex_);
  for (const BudgetChange& change : adjustment.changes) {
    Usd& seen = known_[change.window.name].seen;
    seen = std::max(seen + change.amount, Usd());
  }
}

/// Sets the pending counts from the outboxes, which are exact.
void FailoverBudget::Recount() {
  const Deadline time_limit = delivery_.StepLimit();
  std::vector<BudgetChange> all = *memory_.SumPending(time_limit);
  if (outbox_ != nullptr) {
    const auto on_disk = outbox_->SumPending(time_limit);
    if (!on_disk) return;  // keep the last known counts
    all.insert(all.end(), on_disk->begin(), on_disk->end());
  }
  has_pending_ = !all.empty();
  const MutexLock lock(known_mutex_);
  for (auto& [name, known] : known_) known.pending = {};
  for (const BudgetChange& change : all) {
    known_[change.window.name].pending += change.amount;
  }
}

/// False when changes stay pending.
bool FailoverBudget::DeliverFrom(BudgetOutbox& outbox) {
  for (;;) {
    const Deadline time_limit = delivery_.StepLimit();
    Result<BudgetAdjustment> batch = Error{};
    {
      const MutexLock pending(pending_mutex_);
      batch = outbox.NextPending(time_limit);
    }
    if (!batch) return false;
    if (batch->id.empty()) return true;
    if (!shared_.Adjust(*batch, time_limit)) return false;
    const MutexLock pending(pending_mutex_);
    NoteChanged(*batch);
    const Result<void> removed = outbox.RemovePending(batch->id, time_limit);
    Recount();
    if (!removed) return false;  // it is delivered again later, which has no effect
  }
}

bool FailoverBudget::DeliverNow() {
  const MutexLock lock(delivery_mutex_);
  if (outbox_ != nullptr && !DeliverFrom(*outbox_)) return false;
  if (!DeliverFrom(memory_)) return false;
  NoteShared();
  return true;
}

void FailoverBudget::Start() {
  const auto recount = [this] {
    const MutexLock pending(pending_mutex_);
    Recount();
  };
  delivery_.Start(recount,
                  [this] { return !has_pending_.load() || !shared_.available() || DeliverNow(); });
}

void FailoverBudget::Stop() {
  delivery_.Stop();
  if (has_pending_.load() && shared_.available()) DeliverNow();
  SaveMemory();
}

/// Moves pending changes from memory to disk, since memory ends with the process.
void FailoverBudget::SaveMemory() {
  const MutexLock pending(pending_mutex_);
  const Deadline time_limit = delivery_.StepLimit();
  for (;;) {
    const Result<BudgetAdjustment> batch = memory_.NextPending(time_limit);
    if (!batch || batch->id.empty()) return;
    if (outbox_ == nullptr || !outbox_->PutPending(*batch, time_limit)) break;
    const Result<void> removed = memory_.RemovePending(batch->id, time_limit);
    (void)removed;  // memory never fails
  }
  if (std::exchange(is_loss_told_, true)) return;
  logger_.Error(
      "What was spent while the budget could not be asked is lost to its sums, which are too low "
      "from now on; set CACHE_DIR to keep it over restarts");
}

}  // namespace vcache::cache
