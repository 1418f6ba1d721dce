#include "analysis/paid_call_state.h"

namespace vcache::analysis {

using cache::LeaseState;

/// A lease that this flight holds must be released before the end.
void PaidCallState::Settle(CallOutcome outcome) noexcept {
  outcome_ = outcome;
  step_ = leased_ ? Step::kRelease : Step::kSettle;
}

void PaidCallState::LookedUp(LookupSummary found) noexcept {
  if (found == LookupSummary::kVerdict) return Settle(CallOutcome::kFound);
  in_outage_ = found == LookupSummary::kUnavailable;
  if (has_leases_) {
    step_ = in_outage_ ? Step::kAwaitStore : Step::kClaim;
  } else {
    step_ = Step::kAdmit;
  }
}

void PaidCallState::Claimed(LookupSummary found, LeaseState state) noexcept {
  leased_ = state == LeaseState::kOurs;
  if (found == LookupSummary::kVerdict) return Settle(CallOutcome::kFound);
  switch (state) {
    case LeaseState::kTheirs:
      step_ = Step::kAwaitNotification;
      return;
    case LeaseState::kFailed:
      return Settle(CallOutcome::kRemoteFailure);
    case LeaseState::kUnavailable:
      in_outage_ = true;
      step_ = Step::kAwaitStore;
      return;
    case LeaseState::kOurs:
    case LeaseState::kNotGranted:
      in_outage_ = !leased_;
      break;
  }
  step_ = Step::kAdmit;
}

void PaidCallState::StoreAwaited(bool answers) noexcept {
  step_ = answers ? Step::kClaim : Step::kAdmit;
}

void PaidCallState::Waited(bool time_left) noexcept {
  waited_ = true;
  if (!time_left) return Settle(CallOutcome::kWaitTimedOut);
  step_ = Step::kClaim;
}

void PaidCallState::Admitted(bool admitted) noexcept {
  if (!admitted) return Settle(CallOutcome::kRefused);
  step_ = Step::kPay;
}

void PaidCallState::Paid(bool verdict) noexcept {
  if (!verdict) return Settle(CallOutcome::kFailed);
  outcome_ = CallOutcome::kPaid;
  step_ = Step::kStore;
}

void PaidCallState::Stored() noexcept {
  leased_ = false;
  step_ = Step::kSettle;
}

void PaidCallState::Released() noexcept {
  leased_ = false;
  step_ = Step::kSettle;
}

}  // namespace vcache::analysis
