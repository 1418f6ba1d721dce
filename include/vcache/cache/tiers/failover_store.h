#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "vcache/cache/counters.h"
#include "vcache/cache/local_store.h"
#include "vcache/cache/outbox.h"
#include "vcache/cache/verdict_store.h"
#include "vcache/core/clock.h"
#include "vcache/core/log.h"
#include "vcache/core/mutex.h"
#include "vcache/core/periodic_task.h"

namespace vcache::cache {

struct FailoverOptions {
  /// How often it is looked whether waiting writes can be delivered.
  std::chrono::milliseconds poll_interval{200};
  /// After a delivery that failed, pauses double from `poll_interval` up to this.
  std::chrono::milliseconds longest_pause{5'000};
  /// How long a store may take for one step of a delivery.
  std::chrono::milliseconds step_timeout{5'000};
};

/// The shared store, and a local one that catches what an outage would lose. Look-ups ask the
/// shared store; when it is unavailable, or may not know yet what waits here, the local one. What
/// is paid for here is kept in both, so that an outage does not make it be paid for again. Writes
/// that the shared store does not take wait on disk and are delivered in order when it does again.
/// Thread-safe.
class FailoverStore final : public VerdictStore, public CounterStore {
 public:
  /// `local` may be null: then an outage is answered with errors. All must outlive it.
  FailoverStore(SharedStore& shared, LocalStore* local, Clock& clock, Logger& logger,
                FailoverOptions options = {});
  ~FailoverStore() override;  ///< Stops.

  /// Starts the thread that delivers, also what an earlier run left behind.
  void Start();
  /// Ends it; what still waits is delivered after the next start. Idempotent.
  void Stop();
  /// Delivers what waits, until nothing does or a delivery fails. True when nothing waits any more.
  /// The thread's work; for tests too.
  bool DeliverNow();

  LookupResult Lookup(const CacheKey& key, Deadline deadline) override;
  std::vector<LookupResult> LookupMany(std::span<const CacheKey> keys, Deadline deadline) override;
  /// An error only when neither store takes it.
  Result<void> Put(const PutRequest& request, Deadline deadline) override;
  /// Clears both, what waits included (its counters stay). Reports what the shared store held and
  /// what waited for it, each entry once, or its error: the local one is cleared all the same.
  Result<ClearReport> Clear(const KeyPattern& pattern, ClearMode mode, Deadline deadline) override;
  /// Whether the shared store is.
  bool available() const noexcept override { return shared_.available(); }

  Result<void> Add(const CounterWrite& write, Deadline deadline) override;
  /// Totals with what waits. While the shared store is away, those last read from it and what this
  /// process has written since.
  Result<CounterTotals> Read(WallTime now, Deadline deadline) override;

  /// Something may have been cleared without anybody's telling: the local copies are to be compared
  /// with the shared store's count of clears, by the thread of `Start` if nobody else does.
  void MarkLocalStale() { local_is_fresh_ = false; }
  /// Does that now, if it is due and the shared store answers.
  void RevalidateLocal();
  /// Removes local entries that another replica cleared.
  void ForgetCleared(const KeyPattern& pattern);

  /// How many writes wait.
  std::uint64_t pending() const noexcept { return pending_.load(); }

 private:
  bool MustAskLocal(const LookupResult& found, bool writes_wait) const;
  void NoteWaiting(const Error& reason);
  void PutCopy(const PutRequest& request);
  void Remember(const Counters& written, WallTime when) VCACHE_EXCLUDES(totals_mutex_);
  void LearnTotals() VCACHE_EXCLUDES(totals_mutex_);
  void Recount();
  ClearReport CountWaiting(const KeyPattern& pattern, Deadline deadline);
  bool DeliverOne(const PendingWrite& write) VCACHE_REQUIRES(delivery_mutex_);
  std::chrono::milliseconds Round();

  SharedStore& shared_;
  LocalStore* const local_;
  Clock& clock_;
  Logger& logger_;
  const FailoverOptions options_;

  std::atomic<std::uint64_t> pending_{0};
  /// Deliveries so far: who finds nothing in either store asks again when one came in between.
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<bool> writes_wait_{false};  ///< As the log was told.
  std::atomic<bool> local_is_fresh_{false};

  Mutex totals_mutex_;
  std::optional<CounterTotals> last_totals_ VCACHE_GUARDED_BY(totals_mutex_);
  WallTime last_read_ VCACHE_GUARDED_BY(totals_mutex_) = {};

  Mutex delivery_mutex_;  ///< One delivery at a time, so that order is kept.

  // Touched by the thread alone, and before it starts.
  std::chrono::milliseconds pause_{};
  SteadyTime recount_at_{};
  PeriodicTask delivery_;  // the last member: its thread uses the others
};

}  // namespace vcache::cache
