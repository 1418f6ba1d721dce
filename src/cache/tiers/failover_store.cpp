#include "vcache/cache/tiers/failover_store.h"

#include <algorithm>
#include <utility>

#include "cache/times.h"
#include "vcache/core/random_id.h"

namespace vcache::cache {
namespace {

constexpr std::size_t kDeliveryBatch = 16;

}  // namespace

FailoverStore::FailoverStore(SharedStore& shared, LeaseStore& leases, LocalStore* local,
                             Clock& clock, Logger& logger)
    : shared_(shared),
      leases_(leases),
      local_(local),
      clock_(clock),
      logger_(logger),
      keeper_(leases, clock),
      delivery_(clock) {
  Recount();
}

FailoverStore::~FailoverStore() {
  Stop();
}

bool FailoverStore::MustAskLocal(const LookupResult& found, bool has_pending) const {
  if (local_ == nullptr || found.outcome == LookupOutcome::kHit) return false;
  // While writes are pending, a miss in the shared store is not final.
  return found.outcome == LookupOutcome::kUnavailable || has_pending;
}

LookupResult FailoverStore::Lookup(const CacheKey& key, Deadline deadline) {
  return std::move(LookupMany({&key, 1}, deadline).front());
}

std::vector<LookupResult> FailoverStore::LookupMany(std::span<const CacheKey> keys,
                                                    Deadline deadline) {
  const auto ask_shared = [&](std::span<const CacheKey> asked) {
    if (asked.size() != 1) return shared_.LookupMany(asked, deadline);
    return std::vector<LookupResult>{shared_.Lookup(asked.front(), deadline)};
  };
  const bool has_pending = pending_.load() > 0;
  const std::uint64_t delivered = delivered_.load();
  const std::uint64_t clears = clears_.load();
  std::vector<LookupResult> results = ask_shared(keys);
  NoteHits(results, clears);
  std::vector<CacheKey> open;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!MustAskLocal(results[i], has_pending)) continue;
    open.push_back(keys[i]);
    places.push_back(i);
  }
  if (open.empty()) return results;
  std::vector<LookupResult> local = local_->LookupMany(open, deadline);
  // A write delivered between the two look-ups was in neither store when asked.
  const bool may_have_moved = delivered_.load() != delivered;
  const std::vector<LookupResult> again =
      may_have_moved ? ask_shared(open) : std::vector<LookupResult>();
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (local[i].outcome == LookupOutcome::kHit) {
      results[places[i]] = std::move(local[i]);
    } else if (may_have_moved) {
      results[places[i]] = again[i];
    } else {
      results[places[i]].charged_failure = std::move(local[i].charged_failure);
      results[places[i]].earlier = std::move(local[i].earlier);
    }
    if (local[i].newer) results[places[i]].newer = true;
  }
  return results;
}

void FailoverStore::NotePending(const Error& reason) {
  pending_.fetch_add(1);
  if (has_pending_.exchange(true)) return;
  logger_.Warn("Verdicts and counts wait in the local store: the shared store does not take them",
               {{"reason", reason.message}});
}

/// Updates the totals that are shown during an outage.
void FailoverStore::Remember(const Counters& written, WallTime when) {
  const MutexLock lock(totals_mutex_);
  if (!last_totals_) return;
  last_totals_->all += written;
  if (when < last_read_ && !SameDay(last_read_, when)) return;  // of an earlier day
  if (!SameDay(last_read_, when)) last_totals_->today = Counters{};
  last_totals_->today += written;
  last_read_ = std::max(last_read_, when);
}

/// Reads the totals once, so that an outage can show them.
void FailoverStore::LearnTotals() {
  {
    const MutexLock lock(totals_mutex_);
    if (last_totals_) return;
  }
  if (!shared_.available()) return;
  const auto ignored = Read(clock_.WallNow(), delivery_.StepLimit());
  (void)ignored;  // `Read` remembers the totals
}

/// A local copy saves a paid call in the next outage.
void FailoverStore::PutCopy(const PutRequest& request) {
  if (local_ == nullptr) return;
  PutRequest copy = request;
  copy.counters = Counters{};  // the shared store has counted them
  local_->PutCopy(copy);
}

Result<void> FailoverStore::Put(const PutRequest& asked, Deadline deadline) {
  PutRequest request = asked;
  if (request.id.empty() && local_ != nullptr) request.id = RandomId();
  Result<void> kept = shared_.Put(request, deadline);
  if (kept) {
    took_write_ = true;
    Remember(request.counters, clock_.WallNow());
    PutCopy(request);
  }
  if (kept || kept.error().code == ErrorCode::kInternal) {
    keeper_.Drop(request.lease_token);
    return kept;
  }
  if (local_ == nullptr || !PutUndelivered(request)) {
    keeper_.Drop(request.lease_token);
    // Nobody will find this verdict: the lease protects nothing.
    if (!request.lease_token.empty()) {
      EndLeaseLater(request.entry->key, request.lease_token, std::nullopt);
    }
    return kept;
  }
  NotePending(kept.error());
  return {};
}

/// Only this replica has the verdict: while the lease is renewed, the others wait for its delivery
/// and do not pay.
bool FailoverStore::PutUndelivered(const PutRequest& request) {
  if (request.lease_token.empty()) {
    return local_->PutPending(request, delivery_.StepLimit()).has_value();
  }
  {
    const MutexLock lock(undelivered_mutex_);  // before the thread can deliver it
    undelivered_[request.id] = {request.entry->key, request.lease_token};
  }
  const bool put = local_->PutPending(request, delivery_.StepLimit()).has_value();
  const MutexLock lock(undelivered_mutex_);
  const auto held = undelivered_.find(request.id);
  if (held == undelivered_.end()) return put;
  held->second.waits = true;
  if (!put) undelivered_.erase(held);
  return put;
}

void FailoverStore::EndUndelivered(const std::string& id) {
  HeldLease held;
  {
    const MutexLock lock(undelivered_mutex_);
    const auto found = undelivered_.find(id);
    if (found == undelivered_.end()) return;
    held = std::move(found->second);
    undelivered_.erase(found);
  }
  keeper_.Drop(held.token);
  EndLeaseLater(held.key, held.token, std::nullopt);
}

/// When nothing is pending any more, also what a clear removed in the meantime.
void FailoverStore::EndAllUndelivered() {
  std::vector<std::string> ids;
  {
    const MutexLock lock(undelivered_mutex_);
    for (const auto& [id, held] : undelivered_) {
      if (held.waits) ids.push_back(id);
    }
  }
  for (const std::string& id : ids) EndUndelivered(id);
}

/// The local store holds it back for the outage only.
Result<void> FailoverStore::HoldBack(const CacheKey& key, const ChargedFailure& failure,
                                     Deadline deadline) {
  Result<void> shared = shared_.HoldBack(key, failure, deadline);
  if (shared || local_ == nullptr) return shared;
  return local_->HoldBack(key, failure, delivery_.StepLimit());
}

Result<void> FailoverStore::Add(const CounterWrite& write, Deadline deadline) {
  Result<void> added = shared_.Add(write, deadline);
  if (added) {
    took_write_ = true;
    Remember(write.delta, write.when);
  }
  if (added || local_ == nullptr) return added;
  const Deadline time_limit = delivery_.StepLimit();
  if (!local_->AddPending(write, time_limit)) return added;
  NotePending(added.error());
  return {};
}

/// Fewer paid calls than before: the shared store may have lost its data.
bool FailoverStore::IsBehind(const CounterTotals& totals) {
  const MutexLock lock(totals_mutex_);
  constexpr Counter kPaid = Counter::kPaidCalls;
  return last_totals_ && totals.all.total(kPaid) < last_totals_->all.total(kPaid);
}

Result<CounterTotals> FailoverStore::Read(WallTime now, Deadline deadline) {
  Result<CounterTotals> totals = shared_.Read(now, deadline);
  if (totals && IsBehind(*totals)) {
    MarkLocalStale();
    if (RevalidateLocal()) totals = shared_.Read(now, deadline);
  }
  {
    const MutexLock lock(totals_mutex_);
    if (totals) {
      last_totals_ = *totals;
      last_read_ = now;
    } else if (local_ == nullptr) {
      return totals;
    } else {
      totals = last_totals_.value_or(CounterTotals{{}, {}, now});
      if (!SameDay(last_read_, now)) totals->today = Counters{};
    }
  }
  if (pending_.load() == 0) return totals;
  if (const auto pending = local_->SumPending(now, deadline)) {
    totals->all += pending->all;
    totals->today += pending->today;
  }
  return totals;
}

Result<CounterSeries> FailoverStore::ReadRange(const CounterRange& range, Deadline deadline) {
  if (local_ == nullptr || pending_.load() == 0) return shared_.ReadRange(range, deadline);
  const MutexLock lock(delivery_mutex_);  // a delivery moves counts from the one to the other
  Result<CounterSeries> series = shared_.ReadRange(range, deadline);
  if (!series) return series;
  const Result<CounterSeries> pending = local_->SumPendingRange(range, deadline);
  if (!pending) return pending;
  for (std::size_t i = 0; i < range.count; ++i) series->at(i) += pending->at(i);
  return series;
}

/// Counts pending entries that the shared store lacks; none when they cannot be counted.
ClearReport FailoverStore::CountPendingEntries(const KeyPattern& pattern, Deadline deadline) {
  if (local_ == nullptr || pending_.load() == 0) return {};
  const auto pending = local_->PendingEntries(pattern, deadline);
  if (!pending || pending->empty()) return {};
  const Result<ClearReport> missing = shared_.CountMissing(*pending, deadline);
  return missing ? *missing : ClearReport{};
}

Result<ClearReport> FailoverStore::Clear(const KeyPattern& pattern, ClearMode mode,
                                         Deadline deadline) {
  // No delivery meanwhile: it would bring back cleared entries.
  const MutexLock lock(delivery_mutex_);
  if (mode == ClearMode::kDelete) ForgetHits();
  const ClearReport pending = CountPendingEntries(pattern, deadline);
  Result<ClearReport> cleared = shared_.Clear(pattern, mode, deadline);
  if (cleared) *cleared += pending;
  if (local_ == nullptr || mode == ClearMode::kDryRun) return cleared;
  const Deadline time_limit = delivery_.StepLimit();
  const Result<ClearReport> local = local_->Clear(pattern, mode, time_limit);
  if (!local && cleared) return local;
  return cleared;
}

void FailoverStore::ForgetCleared(const KeyPattern& pattern, std::optional<std::int64_t> clears) {
  if (local_ == nullptr) return;
  const MutexLock lock(delivery_mutex_);
  ForgetHits();
  const Deadline time_limit = delivery_.StepLimit();
  if (!local_->Clear(pattern, ClearMode::kDelete, time_limit)) {
    MarkLocalStale();
  } else if (clears) {
    const Result<void> ignored = local_->NoteClear(*clears, time_limit);
    (void)ignored;  // the copies are then dropped at the next comparison
  }
}

Result<void> FailoverStore::Release(const CacheKey& key, const std::string& token,
                                    const std::optional<Error>& failure, Deadline deadline) {
  Result<void> released = Error{ErrorCode::kStoreUnavailable, "The shared store is away."};
  if (shared_.available()) released = leases_.Release(key, token, failure, deadline);
  keeper_.Drop(token);
  if (!released) EndLeaseLater(key, token, failure);
  return released;
}

void FailoverStore::EndLeaseLater(const CacheKey& key, const std::string& token,
                                  const std::optional<Error>& failure) {
  keeper_.EndLater([this, key, token, failure](Deadline limit) {
    return leases_.Release(key, token, failure, limit);
  });
}

Result<void> FailoverStore::ReleaseNamed(const std::string& name, const std::string& token,
                                         Deadline) {
  keeper_.EndLater(
      [this, name, token](Deadline limit) { return leases_.ReleaseNamed(name, token, limit); });
  return {};
}

void FailoverStore::Recount() {
  if (local_ == nullptr) return;
  std::uint64_t before = pending_.load();
  const auto count = local_->CountPending(delivery_.StepLimit());
  // If a write became pending meanwhile, keep the old count until the next recount.
  if (count) pending_.compare_exchange_strong(before, *count);
}

/// False when the write stays pending.
bool FailoverStore::DeliverOne(const PendingWrite& write) {
  const Deadline time_limit = delivery_.StepLimit();
  Result<void> taken = shared_.Deliver(write, time_limit);
  if (!taken && taken.error().code == ErrorCode::kBadRequest) {
    logger_.Error("The shared store will never take an entry that waited; it is given up",
                  {{"reason", taken.error().message}});
    PendingWrite rest = write;  // drop the entry, but still count the cost
    rest.store_key.clear();
    rest.value.clear();
    taken = shared_.Deliver(rest, time_limit);
  }
  if (!taken && taken.error().code != ErrorCode::kBadRequest) return false;
  Remember(write.counters, write.made_at);
  delivered_.fetch_add(1);  // before it is removed: `LookupMany` relies on this order
  EndUndelivered(write.id);
  return local_->RemovePending(write, time_limit).has_value();
}

bool FailoverStore::DeliverNow() {
  if (local_ == nullptr) return true;
  if (!HasSeenAllClears()) return false;
  std::int64_t count = 0;
  for (;;) {
    const MutexLock lock(delivery_mutex_);  // a clear may come between two batches
    const auto writes = local_->OldestPending(kDeliveryBatch, delivery_.StepLimit());
    if (!writes) return false;
    if (writes->empty()) break;
    for (const PendingWrite& write : *writes) {
      if (!DeliverOne(write)) {
        Recount();
        return false;
      }
      ++count;
    }
    Recount();
  }
  Recount();
  if (has_pending_.exchange(false) || count > 0) {
    logger_.Info("What waited in the local store is in the shared store", {{"writes", count}});
  }
  return true;
}

void FailoverStore::Start() {
  keeper_.Start();
  delivery_.Start([this] { Recount(); }, [this] { return Round(); },
                  [this] { return took_write_.load(); });
}

void FailoverStore::Stop() {
  keeper_.Stop();
  delivery_.Stop();
}

/// False when a delivery failed.
bool FailoverStore::Round() {
  took_write_ = false;
  LearnTotals();
  if (!shared_.available()) return true;
  RevalidateLocal();
  StoreHits();
  if (must_refill_.exchange(false) && !Refill()) {
    must_refill_ = true;
    return false;
  }
  if (!RefillLateCopies()) return false;
  if (pending_.load() > 0) return DeliverNow();
  EndAllUndelivered();
  return true;
}

}  // namespace vcache::cache
