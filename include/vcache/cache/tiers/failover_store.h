#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "vcache/cache/counters.h"
#include "vcache/cache/lease_store.h"
#include "vcache/cache/local_store.h"
#include "vcache/cache/outbox.h"
#include "vcache/cache/tiers/delivery_loop.h"
#include "vcache/cache/tiers/lease_keeper.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"

namespace vcache::cache {

/// The shared store, backed by a local one for outages. Look-ups ask the shared store; they ask the
/// local store when the shared one is unavailable, or misses while writes are pending. A verdict
/// paid for here is stored in both, so that an outage does not cause a second call. Writes that the
/// shared store does not take stay on disk and are delivered in order later. Thread-safe.
class FailoverStore final : public VerdictStore, public CounterStore, public LeaseStore {
 public:
  /// `leases` are those of the shared store. `local` may be null: an outage then causes errors. All
  /// must outlive it.
  FailoverStore(SharedStore& shared, LeaseStore& leases, LocalStore* local, Clock& clock,
                Logger& logger);
  ~FailoverStore() override;  ///< Stops.

  /// Starts the threads: one delivers pending writes, also those of an earlier run, one renews
  /// leases.
  void Start();
  /// Ends the threads; pending writes are delivered after the next start. Idempotent.
  void Stop();
  /// Delivers pending writes until none is left or a delivery fails. True when none is left. Called
  /// by the delivery thread and by tests.
  bool DeliverNow();

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  /// Fails only when neither store takes it.
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  /// Clears both stores and the pending entries; pending counters stay. Reports what the shared
  /// store held and what was pending, each entry once. On the shared store's error, the local store
  /// is still cleared.
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  /// Whether the shared store is available.
  bool available() const noexcept override { return shared_.available(); }
  std::optional<SteadyTime> away_since() const noexcept override { return shared_.away_since(); }

  Result<void> Add(const CounterWrite& write, Deadline deadline) override;
  /// Totals with pending counts. While the shared store is unavailable: its last known totals and
  /// what this process has written since.
  Result<CounterTotals> Read(WallTime now, Deadline deadline) override;
  /// With pending counts. kStoreUnavailable also while the shared store is: nobody else knows what
  /// other replicas have counted.
  Result<CounterSeries> ReadRange(const CounterRange& range, Deadline deadline) override;

  /// Counts that wait for the shared store stay, and count by their hour.
  Result<CounterTotals> ResetTotals(WallTime now, Deadline deadline) override;
  /// Another replica has reset the totals: those that were read before are shown no longer.
  void ForgetTotals() VCACHE_EXCLUDES(totals_mutex_);

  /// A lease that is granted for a content that the shared store lacks: a local copy, if there is
  /// one and no clear was missed, is the verdict, and is put back. The store lost it: its data is
  /// gone, or it evicted the entry.
  Result<void> HoldBack(const CacheKey& key, const ChargedFailure& failure,
                        Deadline deadline) override;
  Claim ClaimLease(const LeaseRequest& request, Deadline deadline) override;
  Result<bool> RequestNotification(const CacheKey& key, Deadline deadline) override {
    return leases_.RequestNotification(key, deadline);
  }
  Result<bool> Renew(const LeaseRequest& request, Deadline deadline) override {
    return leases_.Renew(request, deadline);
  }
  /// On an error it is repeated in the background.
  Result<void> Release(const CacheKey& key, const std::string& token,
                       const std::optional<Error>& failure, Deadline deadline) override;
  /// Carried out in the background; never fails.
  Result<void> ReleaseNamed(const std::string& name, const std::string& token,
                            Deadline deadline) override;
  /// The shared store may have lost the leases of calls under way: puts them back.
  void RenewLeases() { keeper_.RenewAll(); }
  /// Ends the leases of calls under way, for a process that ends before they do.
  void ReleaseLeases(Deadline deadline) { keeper_.ReleaseAll(deadline); }

  /// Hits of the shared store are copied to the local one, whose oldest copies go when it holds
  /// more than `max_bytes`; 0 copies none. Set it before the threads start.
  void CopyHits(std::uint64_t max_bytes) { copies_bytes_ = max_bytes; }
  /// `repair` runs when the shared store has lost its data, for what else depends on it. Set it
  /// before the threads start; it may run in any thread.
  void OnLoss(std::function<void()> repair) { on_loss_ = std::move(repair); }

  /// A clear may have been missed: compare the local copies with the shared store's count of
  /// clears. The delivery thread does it, unless a call of `RevalidateLocal` comes first.
  void MarkLocalStale() { local_is_fresh_ = false; }
  /// Makes that comparison now, if it is due. False when the shared store does not answer. If the
  /// shared store has lost its data, what this replica knows is put back: counts at once, entries
  /// by the thread.
  bool RevalidateLocal();
  /// Removes local copies of entries that another replica cleared; `clears` is the shared store's
  /// count with that clear, where it is known.
  void ForgetCleared(const KeyPattern& pattern, std::optional<std::int64_t> clears);

  /// The number of pending writes.
  std::uint64_t pending() const noexcept { return pending_.load(); }

 private:
  bool MustAskLocal(const LookupResult& found, bool has_pending) const;
  bool IsBehind(const CounterTotals& totals) VCACHE_EXCLUDES(totals_mutex_);
  void NoteLoss(std::int64_t seen, std::int64_t clears) VCACHE_EXCLUDES(totals_mutex_);
  bool MayBeRefilled() const;
  LookupResult AwaitRefill(const CacheKey& key, Deadline deadline);
  Claim ClaimShared(const LeaseRequest& request, Deadline deadline) VCACHE_EXCLUDES(hits_mutex_);
  void PutBackCopy(const LookupResult& copy, const std::string& token, Deadline deadline);
  void NoteHits(std::span<const LookupResult> found, std::uint64_t clears)
      VCACHE_EXCLUDES(hits_mutex_);
  void ForgetHits() VCACHE_EXCLUDES(hits_mutex_);
  void StoreHits() VCACHE_EXCLUDES(delivery_mutex_, hits_mutex_);
  void TrimCopies() VCACHE_REQUIRES(delivery_mutex_);
  bool Refill() VCACHE_EXCLUDES(delivery_mutex_);
  bool RefillLateCopies() VCACHE_EXCLUDES(delivery_mutex_);
  Result<std::int64_t> CountClears();
  Result<std::int64_t> CatchUpWithClears(std::int64_t clears);
  bool HasSeenAllClears();
  LookupResult LocalCopyOf(const CacheKey& key, Deadline deadline);
  void NotePending(const Error& reason);
  void EndLeaseLater(const CacheKey& key, const std::string& token,
                     const std::optional<Error>& failure);
  void PutCopy(const PutRequest& request);
  bool PutUndelivered(const PutRequest& request) VCACHE_EXCLUDES(undelivered_mutex_);
  void EndUndelivered(const std::string& id) VCACHE_EXCLUDES(undelivered_mutex_);
  void EndAllUndelivered() VCACHE_EXCLUDES(undelivered_mutex_);
  void Remember(const Counters& written, WallTime when) VCACHE_EXCLUDES(totals_mutex_);
  void LearnTotals() VCACHE_EXCLUDES(totals_mutex_);
  void Recount();
  ClearReport CountPendingEntries(const KeyPattern& pattern, Deadline deadline);
  bool DeliverOne(const PendingWrite& write) VCACHE_REQUIRES(delivery_mutex_);
  bool Round();

  SharedStore& shared_;
  LeaseStore& leases_;
  LocalStore* const local_;
  Clock& clock_;
  Logger& logger_;

  std::atomic<std::uint64_t> pending_{0};
  /// Deliveries so far. A look-up that finds nothing in either store repeats when this has changed.
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<bool> has_pending_{false};  ///< As last logged.
  std::atomic<bool> local_is_fresh_{false};
  std::atomic<bool> took_write_{false};  ///< The shared store, since the last delivery began.
  std::atomic<std::int64_t> epoch_{0};   ///< Of the shared store's data; 0: not seen yet.
  std::atomic<SteadyTime> lost_at_{};    ///< When its last loss was noticed.
  std::atomic<bool> must_refill_{false};
  std::function<void()> on_loss_;
  std::uint64_t copies_bytes_ = 0;

  struct HeldLease {
    CacheKey key;
    std::string token;
    bool waits = false;  ///< The local store has the verdict.
  };
  Mutex undelivered_mutex_;
  /// Leases of verdicts that wait in the local store, by the write's id.
  std::map<std::string, HeldLease> undelivered_ VCACHE_GUARDED_BY(undelivered_mutex_);

  Mutex hits_mutex_;
  std::vector<LookupResult> hits_ VCACHE_GUARDED_BY(hits_mutex_);  ///< To be copied.
  std::atomic<std::uint64_t> clears_{0};  ///< A hit from before a clear is not copied after it.

  Mutex totals_mutex_;
  std::optional<CounterTotals> last_totals_ VCACHE_GUARDED_BY(totals_mutex_);
  WallTime last_read_ VCACHE_GUARDED_BY(totals_mutex_) = {};

  Mutex delivery_mutex_;  ///< One delivery at a time, so that order is kept.
  SteadyTime trimmed_at_ VCACHE_GUARDED_BY(delivery_mutex_) = {};
  /// The newest copy that was put back.
  std::int64_t refilled_to_ VCACHE_GUARDED_BY(delivery_mutex_) = 0;
  LeaseKeeper keeper_;
  DeliveryLoop delivery_;  // the last member: its thread uses the others
};

}  // namespace vcache::cache
