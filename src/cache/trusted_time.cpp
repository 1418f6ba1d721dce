#include "vcache/cache/trusted_time.h"

#include <algorithm>

namespace vcache::cache {
namespace {

/// A larger difference between two readings of both clocks is a jump. NTP corrects a few minutes in
/// a step.
constexpr std::chrono::minutes kTolerance{5};
/// After a jump, the wall clock is believed again when it has run evenly for so long.
constexpr std::chrono::hours kProbation{1};

}  // namespace

WallTime TrustedTime::Reading::At(SteadyTime then) const noexcept {
  return wall + std::chrono::duration_cast<WallTime::duration>(then - steady);
}

bool TrustedTime::Reading::Agrees(const Reading& later) const noexcept {
  const auto drift = later.wall - At(later.steady);
  return drift <= kTolerance && drift >= -kTolerance;
}

TrustedTime::TrustedTime(Clock& clock) : clock_(clock), believed_(Read()) {}

TrustedTime::Range TrustedTime::Now() {
  const MutexLock lock(mutex_);
  const Reading now = Read();
  if (!believed_.Agrees(now)) {
    if (!jumped_ || !jumped_->Agrees(now)) jumped_ = now;
    if (now.steady - jumped_->steady < kProbation) {
      const WallTime expected = believed_.At(now.steady);
      return {std::min(now.wall, expected), std::max(now.wall, expected)};
    }
  }
  believed_ = now;
  jumped_.reset();
  return {now.wall, now.wall};
}

}  // namespace vcache::cache
