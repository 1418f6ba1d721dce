#include "analysis/rate_limiter.h"

#include <algorithm>

namespace vcache::analysis {

std::optional<std::chrono::seconds> RateLimiter::Take() {
  if (per_minute_ == 0) return std::nullopt;
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  while (!taken_.empty() && now - taken_.front() >= std::chrono::minutes(1)) taken_.pop_front();
  if (taken_.size() < per_minute_) {
    taken_.push_back(now);
    return std::nullopt;
  }
  const auto wait = taken_.front() + std::chrono::minutes(1) - now;
  return std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
}

}  // namespace vcache::analysis
