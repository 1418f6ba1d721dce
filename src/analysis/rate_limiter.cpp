#include "analysis/rate_limiter.h"

#include <algorithm>

namespace vcache::analysis {

std::optional<std::chrono::seconds> RateLimiter::Take() {
  const SteadyTime now = clock_.Now();
  const MutexLock lock(mutex_);
  // Only the end of the outage helps: ask again in a minute.
  if (limits_.total != 0 && total_ >= limits_.total) return std::chrono::minutes(1);
  while (!taken_.empty() && now - taken_.front() >= std::chrono::minutes(1)) taken_.pop_front();
  if (limits_.per_minute == 0 || taken_.size() < limits_.per_minute) {
    if (limits_.per_minute != 0) taken_.push_back(now);
    ++total_;
    return std::nullopt;
  }
  const auto wait = taken_.front() + std::chrono::minutes(1) - now;
  return std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
}

void RateLimiter::EndOutage() {
  const MutexLock lock(mutex_);
  total_ = 0;
}

}  // namespace vcache::analysis
