// What a `FailoverStore` does about data that the shared store has lost.
#include <algorithm>
#include <limits>
#include <utility>

#include "cache/times.h"
#include "vcache/cache/clear_count.h"
#include "vcache/cache/tiers/failover_store.h"

namespace vcache::cache {
namespace {

constexpr std::size_t kRefillBatch = 250;
/// Hits between two rounds of the thread; more are copied when they are asked for again.
constexpr std::size_t kMostHits = 1'000;
constexpr std::chrono::seconds kTrimPause{60};
/// How long a miss is not final after the shared store has lost its data, and how often a flight
/// looks meanwhile.
constexpr std::chrono::milliseconds kRefillTime{2'500};
constexpr std::chrono::milliseconds kRefillPause{100};

}  // namespace

Claim FailoverStore::ClaimLease(const LeaseRequest& request, Deadline deadline) {
  Claim claim = ClaimShared(request, deadline);
  // A newer version's entry that cannot be read stays.
  while (claim.state == LeaseState::kOurs && !claim.found.newer &&
         claim.found.outcome != LookupOutcome::kHit) {
    LookupResult copy = LocalCopyOf(request.key, deadline);
    if (claim.found.earlier == nullptr) claim.found.earlier = copy.earlier;
    if (copy.outcome == LookupOutcome::kHit) {
      PutBackCopy(copy, request.token, deadline);
      claim.found = std::move(copy);
      break;
    }
    if (!MayBeRefilled()) break;
    copy = AwaitRefill(request.key, deadline);
    if (copy.outcome == LookupOutcome::kHit) {
      claim.found = std::move(copy);
      break;
    }
    // A second loss may have taken the lease, and another replica may have it now. With a time
    // limit of its own: the wait may have used up the caller's.
    Claim again = ClaimShared(request, delivery_.StepLimit());
    if (again.found.earlier == nullptr) again.found.earlier = std::move(claim.found.earlier);
    claim = std::move(again);
    if (deadline.Expired(clock_)) break;
  }
  return claim;
}

/// Also notices by the claim that the shared store has lost its data.
Claim FailoverStore::ClaimShared(const LeaseRequest& request, Deadline deadline) {
  const SteadyTime begun = clock_.Now();
  const std::uint64_t clears = clears_.load();
  Claim claim = leases_.ClaimLease(request, deadline);
  NoteHits({&claim.found, 1}, clears);
  if (claim.state == LeaseState::kOurs) {
    keeper_.Hold(request, begun);
    if (claim.is_new) took_write_ = true;
  } else if (claim.state != LeaseState::kUnavailable) {
    keeper_.Drop(request.token);
  }
  if (claim.clears && EpochOf(*claim.clears) != epoch_) {
    // Known already, whatever becomes of the comparison, which another thread may be making.
    if (epoch_ != 0) lost_at_ = clock_.Now();
    MarkLocalStale();
    RevalidateLocal();
  }
  return claim;
}

void FailoverStore::PutBackCopy(const LookupResult& copy, const std::string& token,
                                Deadline deadline) {
  const auto life = std::chrono::ceil<std::chrono::seconds>(copy.ttl);
  const Result<void> ignored = shared_.Put(
      {.entry = copy.entry, .ttl = life, .counters = {}, .lease_token = token}, deadline);
  (void)ignored;  // the verdict is known all the same
  keeper_.Drop(token);
}

/// A clear wins over a copy, also one that this replica has not heard of.
LookupResult FailoverStore::LocalCopyOf(const CacheKey& key, Deadline deadline) {
  if (local_ == nullptr) return {};
  const LookupResult known = local_->Lookup(key, deadline);
  if (known.outcome != LookupOutcome::kHit && known.earlier == nullptr) return {};
  MarkLocalStale();
  return RevalidateLocal() ? local_->Lookup(key, deadline) : LookupResult{};
}

/// While the replicas put back what a shared store has just lost, its misses are not final.
bool FailoverStore::MayBeRefilled() const {
  const SteadyTime lost_at = lost_at_;
  return lost_at != SteadyTime{} && clock_.Now() - lost_at < kRefillTime;
}

LookupResult FailoverStore::AwaitRefill(const CacheKey& key, Deadline deadline) {
  while (!deadline.Expired(clock_)) {
    const std::uint64_t clears = clears_.load();
    LookupResult found = shared_.Lookup(key, deadline);
    NoteHits({&found, 1}, clears);
    if (found.outcome == LookupOutcome::kHit) return found;
    if (!MayBeRefilled()) {
      // It may have lost its data once more, and with it what was put back meanwhile.
      MarkLocalStale();
      RevalidateLocal();
      if (!MayBeRefilled()) return {};
    }
    clock_.SleepUntil(clock_.Now() + kRefillPause);
  }
  return {};
}

bool FailoverStore::RevalidateLocal() {
  if (local_is_fresh_.exchange(true)) return true;
  const Result<std::int64_t> clears = CountClears();
  Result<std::int64_t> seen = clears;
  if (clears && local_ != nullptr) seen = CatchUpWithClears(*clears);
  if (!clears || !seen) {
    local_is_fresh_ = false;
    return false;
  }
  NoteLoss(*seen, *clears);
  return true;
}

/// A damaged reply looks like a missed clear, and all copies would go: a count that shows one is
/// believed only when it comes twice.
Result<std::int64_t> FailoverStore::CountClears() {
  const Result<std::int64_t> clears = shared_.CountClears(delivery_.StepLimit());
  if (!clears || local_ == nullptr) return clears;
  const auto seen = local_->ClearsSeen(delivery_.StepLimit());
  if (seen && *seen && !MayHaveMissedClear(**seen, *clears)) return clears;
  const Result<std::int64_t> again = shared_.CountClears(delivery_.StepLimit());
  if (again && *again != *clears) {
    return Error{ErrorCode::kStoreUnavailable, "the count of clears is another at each reading"};
  }
  return again;
}

/// Drops what missed clears would have dropped: of what waits for the shared store that which they
/// cover, for it is all that keeps those verdicts; of the copies all. The count of clears before.
Result<std::int64_t> FailoverStore::CatchUpWithClears(std::int64_t clears) {
  const auto seen = local_->ClearsSeen(delivery_.StepLimit());
  if (!seen) return seen.error();
  const bool may_have_missed = !*seen || MayHaveMissedClear(**seen, clears);
  const auto waiting = local_->CountPending(delivery_.StepLimit());
  if (may_have_missed && (!waiting || *waiting > 0)) {
    const auto missed = shared_.ClearsSince(*seen, clears, delivery_.StepLimit());
    if (!missed) return missed.error();
    const auto dropped = local_->DropCleared(*missed, delivery_.StepLimit());
    if (!dropped) return dropped.error();
    if (*dropped > 0) {
      logger_.Info("Verdicts that waited were cleared by another replica meanwhile",
                   {{"entries", static_cast<std::int64_t>(*dropped)}});
    }
  }
  return local_->DropStaleCopies(clears, delivery_.StepLimit());
}

/// Before a delivery: the connection for events may come back later than the one for commands, and
/// what waited would be there again after a clear that was missed. While the disk cannot be read,
/// only what waits in memory is delivered.
bool FailoverStore::HasSeenAllClears() {
  const Result<std::int64_t> clears = shared_.CountClears(delivery_.StepLimit());
  if (!clears) return false;
  const auto seen = local_->ClearsSeen(delivery_.StepLimit());
  if (!seen || (*seen && !MayHaveMissedClear(**seen, *clears))) return true;
  MarkLocalStale();
  return RevalidateLocal() || !*seen;
}

/// `seen` is the count of an earlier run, or of the last comparison.
void FailoverStore::NoteLoss(std::int64_t seen, std::int64_t clears) {
  const auto shows_loss = [&](std::int64_t before) {
    const std::int64_t known = before != 0 ? before : EpochOf(seen);
    return known != 0 && known != EpochOf(clears);
  };
  // Before the new epoch: a claim that finds it known must find the moment too.
  if (shows_loss(epoch_)) lost_at_ = clock_.Now();
  if (!shows_loss(epoch_.exchange(EpochOf(clears)))) return;
  must_refill_ = true;
  keeper_.RenewAll();  // the leases of calls under way are gone too
  logger_.Warn("The shared store has lost its data; the replicas put back what they know");
  shared_.AnnounceLoss(delivery_.StepLimit());
  std::optional<CounterTotals> totals;
  {
    const MutexLock lock(totals_mutex_);
    totals = last_totals_;
    if (totals && !SameDay(last_read_, clock_.WallNow())) totals->today = Counters{};
  }
  if (totals) {
    const Result<void> raised = shared_.RaiseTotals(*totals, delivery_.StepLimit());
    (void)raised;  // another replica may
  }
  if (on_loss_) on_loss_();
}

/// They would be put back as lost.
void FailoverStore::ForgetTotals() {
  const MutexLock lock(totals_mutex_);
  last_totals_.reset();  // the thread reads them anew
}

Result<CounterTotals> FailoverStore::ResetTotals(WallTime now, Deadline deadline) {
  Result<CounterTotals> ended = shared_.ResetTotals(now, deadline);
  ForgetTotals();  // also after an error: the reply may have been lost
  return ended;
}

/// What the shared store answered in the last moments, for the next outage.
void FailoverStore::NoteHits(std::span<const LookupResult> found, std::uint64_t clears) {
  if (local_ == nullptr || copies_bytes_ == 0) return;
  const MutexLock lock(hits_mutex_);
  if (clears != clears_) return;
  for (const LookupResult& hit : found) {
    const bool is_hit = hit.outcome == LookupOutcome::kHit && !hit.entry->foreign;
    if (is_hit && hits_.size() < kMostHits) hits_.push_back(hit);
  }
}

void FailoverStore::ForgetHits() {
  const MutexLock lock(hits_mutex_);
  clears_.fetch_add(1);
  hits_.clear();
}

void FailoverStore::StoreHits() {
  if (local_ == nullptr || copies_bytes_ == 0) return;
  const MutexLock lock(delivery_mutex_);  // a clear may come between two rounds
  std::vector<LookupResult> hits;
  {
    const MutexLock hits_lock(hits_mutex_);
    hits.swap(hits_);
  }
  for (const LookupResult& hit : hits) {
    const LookupOutcome there = local_->Lookup(hit.entry->key, delivery_.StepLimit()).outcome;
    const auto life = std::chrono::floor<std::chrono::seconds>(hit.ttl);
    if (there != LookupOutcome::kMiss || life.count() <= 0) continue;
    local_->PutCopy({.entry = hit.entry, .ttl = life, .counters = {}});
  }
  TrimCopies();
}

void FailoverStore::TrimCopies() {
  if (clock_.Now() - trimmed_at_ < kTrimPause) return;
  trimmed_at_ = clock_.Now();
  const Result<void> ignored = local_->TrimCopies(copies_bytes_, delivery_.StepLimit());
  (void)ignored;  // the next round tries again
}

/// Copies are written a moment after their verdicts: what was stored just before the loss may reach
/// the disk after `Refill` has read it. False when the shared store does not take them.
bool FailoverStore::RefillLateCopies() {
  const SteadyTime lost_at = lost_at_;
  if (local_ == nullptr || lost_at == SteadyTime{} || clock_.Now() - lost_at > 2 * kRefillTime) {
    return true;
  }
  const MutexLock lock(delivery_mutex_);
  auto copies = local_->ReadCopies(std::numeric_limits<std::int64_t>::max(), kRefillBatch,
                                   delivery_.StepLimit());
  if (!copies) return false;
  std::erase_if(*copies,
                [known = refilled_to_](const StoredCopy& copy) { return copy.number <= known; });
  if (copies->empty()) return true;
  if (!shared_.PutBack(*copies, delivery_.StepLimit())) return false;
  refilled_to_ = copies->front().number;
  return true;
}

/// Puts the local copies back, the newest first. False when the shared store does not take them.
bool FailoverStore::Refill() {
  if (local_ == nullptr) return true;
  std::size_t stored = 0;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  for (;;) {
    const MutexLock lock(delivery_mutex_);  // a clear may come between two batches
    const auto copies = local_->ReadCopies(before, kRefillBatch, delivery_.StepLimit());
    if (!copies) return false;
    if (copies->empty()) break;
    const auto put_back = shared_.PutBack(*copies, delivery_.StepLimit());
    if (!put_back) return false;
    stored += *put_back;
    refilled_to_ = std::max(refilled_to_, copies->front().number);
    before = copies->back().number;
  }
  if (stored > 0) {
    logger_.Info("What the shared store had lost was put back from the local store",
                 {{"entries", static_cast<std::int64_t>(stored)}});
  }
  return true;
}

}  // namespace vcache::cache
