#include "analysis/negative_cache.h"

#include <algorithm>
#include <utility>

namespace vcache::analysis {

using std::chrono::ceil;
using std::chrono::seconds;

std::optional<Error> NegativeCache::Find(const cache::CacheKey& key) {
  const MutexLock lock(mutex_);
  const auto found = failures_.find(key);
  const SteadyTime now = clock_.Now();
  if (found == failures_.end() || found->second.until <= now) return std::nullopt;
  Error error = found->second.error;
  error.charge = Charge::kNone;  // that call has counted its own cost
  error.retry_after = ceil<seconds>(found->second.until - now);
  return error;
}

Error NegativeCache::Begin(const cache::CacheKey& key, Error error, seconds last) {
  if (options_.first.count() == 0) return error;
  const MutexLock lock(mutex_);
  const SteadyTime now = clock_.Now();
  if (failures_.size() >= options_.max_contents && !failures_.contains(key)) MakeRoom();
  Hold& hold = failures_[key];
  // A failure long ago does not lengthen the pause.
  if (now - hold.until < options_.longest) last = std::max(last, hold.pause);
  hold.pause = last.count() > 0 ? std::min(2 * last, options_.longest) : options_.first;
  hold.until = now + hold.pause;
  error.retry_after = std::max(error.retry_after.value_or(seconds(0)), hold.pause);
  hold.error = error;
  return error;
}

void NegativeCache::End(const cache::CacheKey& key) {
  const MutexLock lock(mutex_);
  failures_.erase(key);
}

void NegativeCache::Lift(std::uint64_t clears) {
  const MutexLock lock(mutex_);
  if (std::exchange(clears_, clears) != clears) failures_.clear();
}

/// Evicts the expired entries; without any, the one that expires first.
void NegativeCache::MakeRoom() {
  const SteadyTime now = clock_.Now();
  std::erase_if(failures_, [&](const auto& each) { return each.second.until <= now; });
  if (failures_.size() < options_.max_contents) return;
  failures_.erase(std::min_element(
      failures_.begin(), failures_.end(),
      [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
}

}  // namespace vcache::analysis
