#pragma once

#include "vcache/cache/lease_store.h"

namespace vcache::analysis {

/// What the flight must do next.
enum class Step {
  kLookUp,      ///< Ask the tiers.
  kClaim,       ///< Ask the shared store for the lease, and look at the entry again.
  kAwaitStore,  ///< The shared store was silent: wait until it answers, or believe it is away.
  kAwaitNotification,  ///< Another replica pays: wait for its notification or a pause.
  kAdmit,              ///< Ask whether a call may be paid for now.
  kPay,                ///< Call the vendors.
  kStore,              ///< Store the verdict and end the lease in one step.
  kRelease,            ///< End the lease without a verdict.
  kSettle,             ///< Take the key off the table, then notify the waiters.
};

/// How the flight ended.
enum class CallOutcome {
  kFound,          ///< A tier has a verdict.
  kRemoteFailure,  ///< Another replica's call failed a moment ago.
  kRefused,        ///< No call may be paid for now.
  kPaid,           ///< The vendors gave a verdict.
  kFailed,         ///< The vendors failed.
  kWaitTimedOut,   ///< Another replica's call took too long.
};

/// What a look-up in the tiers showed.
enum class LookupSummary { kVerdict, kNothing, kUnavailable };

/// The state machine of single flight and lease: it covers a flight from its start until its
/// waiters are notified. It decides and does nothing else. The caller carries out `step()` and
/// reports the outcome with the one event that belongs to that step. docs/architecture.md draws it;
/// the tests run it against every order of events, and a model checker runs its specification.
///
/// These rules keep a content from being paid for twice:
/// - The flight stores a verdict before the key leaves the table, and before or with the end of the
///   lease.
/// - A replica that gets the lease looks at the entry after that and pays only when there is none.
/// - When the shared store stays silent for longer than the patience there is no lease; only then
///   may a flight pay without one.
///
/// Not thread-safe: one thread drives it at a time.
class PaidCallState {
 public:
  /// `has_leases`: other replicas may want the same content.
  explicit PaidCallState(bool has_leases) noexcept : has_leases_(has_leases) {}

  Step step() const noexcept { return step_; }
  /// Valid at kSettle.
  CallOutcome outcome() const noexcept { return outcome_; }
  /// Whether this flight holds the lease.
  bool leased() const noexcept { return leased_; }
  /// Whether the flight waited for another replica's call.
  bool waited() const noexcept { return waited_; }
  /// Whether the shared store cannot say or cannot keep: then paid calls are limited.
  bool in_outage() const noexcept { return in_outage_; }

  void LookedUp(LookupSummary found) noexcept;
  void Claimed(LookupSummary found, cache::LeaseState state) noexcept;
  void StoreAwaited(bool answers) noexcept;
  void Waited(bool time_left) noexcept;
  void Admitted(bool admitted) noexcept;
  void Paid(bool verdict) noexcept;
  void Stored() noexcept;
  void Released() noexcept;

 private:
  void Settle(CallOutcome outcome) noexcept;

  bool has_leases_;
  Step step_ = Step::kLookUp;
  CallOutcome outcome_ = CallOutcome::kFailed;
  bool leased_ = false;
  bool waited_ = false;
  bool in_outage_ = false;
};

}  // namespace vcache::analysis
