#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "analysis/occupancy.h"
#include "vcache/analysis/analysis_service.h"
#include "vcache/analysis/progress.h"
#include "vcache/cache/cache_key.h"
#include "vcache/core/clock.h"
#include "vcache/core/deadline.h"
#include "vcache/core/mutex.h"
#include "vcache/core/result.h"

namespace vcache::analysis {

/// A caller that waits for a flight.
struct Visitor {
  Deadline deadline;
  /// The longest to wait for somebody else's call: another visitor's or another replica's.
  Deadline patience;
  /// Whether the client has left. Cheap; empty: it never leaves.
  std::function<bool()> client_gone{};
  /// On whose behalf the call may be paid for; null: without a limit.
  std::shared_ptr<Allowance> allowance{};
};

/// Called once with what a caller waited for. On any thread, without a lock; must not block.
using Told = std::function<void(Result<Analysis>)>;

/// A content being looked up or paid for, and the callers of this process that wait for it. Settled
/// exactly once; immutable from then on. Thread-safe.
class Flight {
 public:
  Flight(Clock& clock, std::size_t max_waiters) : waiters(max_waiters), clock_(clock) {}

  /// The first call decides; later calls have no effect.
  void Settle(Result<Analysis> result);
  /// How far it is, as told to everybody who follows it.
  void Report(Stage stage, int percent = 0);
  /// Tells how far it is, now and with each change until it is settled.
  void Follow(OnProgress told);
  /// From now on this process itself pays: its leader waits without regard to its patience.
  void BeginCall();
  /// Waits for the result or the error. The flight goes on without a waiter that leaves:
  /// kClientGone when its client has left, kDeadlineExceeded at its deadline, kOverloaded when its
  /// patience is over, kShuttingDown at the cut-off.
  Result<Analysis> Await(const Visitor& visitor, bool leads);
  /// The same without a thread: `told` gets the result, or the error of a waiter that leaves. The
  /// places are given back then. Returns the waiter's number, for `Leave`.
  std::uint64_t Wait(const Visitor& visitor, bool leads, std::vector<Occupancy::Place> places,
                     Told told);
  /// Ends the wait of a waiter whose client has left; has no effect when it has ended.
  void Leave(std::uint64_t waiter);
  /// When the waits must be looked at; empty when that is planned or nobody waits. Whoever asks
  /// plans it.
  std::optional<Deadline> TakeNextLook();
  /// The look: ends the waits whose time is over.
  void EndLateWaits();
  /// The allowances of those who wait, in no order.
  std::vector<std::shared_ptr<Allowance>> Allowances();
  /// No waiter waits longer than `deadline`. It can only move the cut-off earlier.
  void CutOff(Deadline deadline);

  Occupancy waiters;  ///< Leader not counted.

 private:
  struct Waiter {
    Visitor visitor;
    bool leads;
    std::vector<Occupancy::Place> places;
    Told told;
  };

  Deadline WaitingEnd(const Visitor& visitor, bool leads) const VCACHE_REQUIRES(mutex_);
  Error EndOfWait(const Visitor& visitor, bool leads) const VCACHE_REQUIRES(mutex_);

  Clock& clock_;
  Mutex mutex_;
  ConditionVariable settled_;
  std::optional<Result<Analysis>> result_ VCACHE_GUARDED_BY(mutex_);
  Deadline cut_off_ VCACHE_GUARDED_BY(mutex_) = Deadline::Never();
  bool pays_ VCACHE_GUARDED_BY(mutex_) = false;
  Progress progress_ VCACHE_GUARDED_BY(mutex_){};
  std::vector<OnProgress> followers_ VCACHE_GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, Waiter> waiting_ VCACHE_GUARDED_BY(mutex_);
  Deadline first_end_ VCACHE_GUARDED_BY(mutex_) = Deadline::Never();  ///< Of `waiting_`.
  Deadline planned_ VCACHE_GUARDED_BY(mutex_) = Deadline::Never();
  std::uint64_t last_number_ VCACHE_GUARDED_BY(mutex_) = 0;
};

/// The flights of this process by key. Thread-safe. The lock covers the map only: no call, log line
/// or callback runs under it.
class SingleFlight {
 public:
  struct Ticket {
    std::shared_ptr<Flight> flight;  ///< Null: the table is closed.
    bool leader = false;
  };

  struct Limits {
    std::size_t waiters_of_one;  ///< Of one flight; its leader not counted.
    std::size_t waiters;         ///< Of all flights together.
  };

  SingleFlight(Limits limits, Clock& clock)
      : limits_(limits), clock_(clock), waiters_(limits.waiters) {}

  /// Returns the flight in progress, or a new one, which the caller must lead and `End`.
  /// A caller can join a flight even when the table is closed.
  Ticket Join(const cache::CacheKey& key);
  /// A place for a leader to wait; empty when too many callers wait.
  std::optional<Occupancy::Place> EnterAsLeader() { return waiters_.Enter(); }
  /// Places for a caller of another caller's flight; empty when too many wait.
  std::vector<Occupancy::Place> EnterAsFollower(Flight& flight);
  /// Waits for another caller's flight. Empty when too many callers wait.
  std::optional<Result<Analysis>> Wait(Flight& flight, const Visitor& visitor);
  /// Takes the key off the map, then tells the waiters: one that asks again must reach the store,
  /// not this flight. Call it only after the verdict is stored: a later caller must find it there,
  /// or it would pay again.
  void End(const cache::CacheKey& key, Flight& flight, Result<Analysis> result);
  /// The first half of `End`.
  void Leave(const cache::CacheKey& key);

  /// From now on no flight begins and no caller waits for one longer than `deadline`. Returns the
  /// flights under way.
  std::vector<std::shared_ptr<Flight>> Close(Deadline deadline);
  /// Waits until no flight is left. False when `deadline` comes first.
  bool AwaitEmpty(Deadline deadline);

 private:
  const Limits limits_;
  Clock& clock_;
  Mutex mutex_;
  ConditionVariable emptied_;
  std::unordered_map<cache::CacheKey, std::shared_ptr<Flight>> flights_ VCACHE_GUARDED_BY(mutex_);
  bool closed_ VCACHE_GUARDED_BY(mutex_) = false;
  Occupancy waiters_;
};

}  // namespace vcache::analysis
