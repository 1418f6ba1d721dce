#include "analysis/passage.h"

namespace vcache::analysis {

using cache::LeaseState;

/// With a lease in hand the way to the end leads over its release.
void Passage::Land(Landing landing) noexcept {
  landing_ = landing;
  step_ = leased_ ? Step::kRelease : Step::kLand;
}

void Passage::LookedUp(Sight sight) noexcept {
  if (sight == Sight::kVerdict) return Land(Landing::kFound);
  in_outage_ = sight == Sight::kUnavailable;
  step_ = has_leases_ && !in_outage_ ? Step::kClaim : Step::kAdmit;
}

void Passage::Claimed(Sight sight, LeaseState state) noexcept {
  leased_ = state == LeaseState::kOurs;
  if (sight == Sight::kVerdict) return Land(Landing::kFound);
  switch (state) {
    case LeaseState::kTheirs:
      step_ = Step::kAwaitNews;
      return;
    case LeaseState::kFailed:
      return Land(Landing::kToldSo);
    case LeaseState::kUnavailable:
      in_outage_ = true;
      break;
    case LeaseState::kOurs:
    case LeaseState::kNotGiven:
      break;
  }
  step_ = Step::kAdmit;
}

void Passage::Waited(bool patience_left) noexcept {
  waited_ = true;
  if (!patience_left) return Land(Landing::kLostHope);
  step_ = Step::kClaim;
}

void Passage::Admitted(bool admitted) noexcept {
  if (!admitted) return Land(Landing::kRefused);
  step_ = Step::kPay;
}

void Passage::Paid(bool verdict) noexcept {
  if (!verdict) return Land(Landing::kFailed);
  landing_ = Landing::kPaid;
  step_ = Step::kKeep;
}

void Passage::Kept() noexcept {
  leased_ = false;
  step_ = Step::kLand;
}

void Passage::Released() noexcept {
  leased_ = false;
  step_ = Step::kLand;
}

}  // namespace vcache::analysis
