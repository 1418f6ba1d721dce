#pragma once

#include "vcache/cache/lease_store.h"

namespace vcache::analysis {

/// What must be done next for the content of a flight.
enum class Step {
  kLookUp,             ///< Ask the tiers.
  kClaim,              ///< Ask the shared store for the lease, and look at the entry again.
  kAwaitNotification,  ///< Another replica pays: wait to be told of its end, or for a while.
  kAdmit,              ///< Ask whether a call may be paid for now.
  kPay,                ///< Call the vendors.
  kStore,              ///< Keep the verdict; ends the lease in the same step.
  kRelease,            ///< End the lease without a verdict.
  kSettle,             ///< Take the key off the table, then tell everybody who waits.
};

/// How it ended.
enum class CallOutcome {
  kFound,          ///< A tier has a verdict.
  kRemoteFailure,  ///< Another replica's call failed a moment ago.
  kRefused,        ///< No call may be paid for now.
  kPaid,           ///< The vendors gave a verdict.
  kFailed,         ///< They did not.
  kWaitTimedOut,   ///< Another replica's call took too long.
};

/// What a look at the tiers showed.
enum class LookupSummary { kVerdict, kNothing, kUnavailable };

/// The one story of single flight and lease: the states that a content passes in a flight of this
/// process, between the moment when its leader boards and the moment when everybody is told. It
/// decides and does nothing: whoever drives it carries out `step()` and says what came of it, with
/// the one event that belongs to that step. docs/architecture.md draws it; the tests run it against
/// every order of events, and a model checker runs its specification.
///
/// The rules that keep a content from being paid for twice:
/// - a verdict is kept before the key leaves the table, and before or with the end of the lease;
/// - whoever is granted a lease looks at the entry after that, and pays only when there is none;
/// - without an answer of the shared store there is no lease, and only then is it not needed.
///
/// Not thread-safe: one thread drives it at a time.
class PaidCallState {
 public:
  /// `has_leases`: other replicas may want the same content.
  explicit PaidCallState(bool has_leases) noexcept : has_leases_(has_leases) {}

  Step step() const noexcept { return step_; }
  /// At kSettle.
  CallOutcome outcome() const noexcept { return outcome_; }
  /// Whether the lease is ours.
  bool leased() const noexcept { return leased_; }
  /// Whether a call of another replica was waited for.
  bool waited() const noexcept { return waited_; }
  /// Whether the shared store cannot say what is known: calls are limited then.
  bool in_outage() const noexcept { return in_outage_; }

  void LookedUp(LookupSummary sight) noexcept;
  void Claimed(LookupSummary sight, cache::LeaseState state) noexcept;
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
